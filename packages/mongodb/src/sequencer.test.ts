import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connection } from './connection.js'
import { draft, heads } from './heads.test-kit.js'
import { Sequencer } from './sequencer.js'

const test = suite('mongodb: positions')

const soon = 5

const sequencer = (silentAt: number): Sequencer =>
  new Sequencer({ heads: heads(silentAt) } as unknown as Connection, soon)

test('whoever asks behind one that has no answer has a position', async () => {
  const positions = sequencer(1)
  void positions.reserve([draft])
  const { seats } = await positions.reserve([draft])
  assert.equal(seats, [{ draft, position: 2 }])
})

test('a guess of which nobody says what came is not waited for', async () => {
  const positions = sequencer(0)
  await positions.reserve([draft])
  positions.seen(0, 1)
  assert.is(positions.guess([draft])?.position, 2)
  assert.is(positions.guess([draft]), undefined, 'one at a time')
  await positions.reserve([draft])
  assert.ok(positions.guess([draft]), 'and then others may guess')
})

test.run()

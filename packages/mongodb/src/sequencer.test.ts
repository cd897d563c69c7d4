import type { Draft } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connection } from './connection.js'
import { Sequencer } from './sequencer.js'

const test = suite('mongodb: positions')

const draft: Draft = {
  partition: 0,
  stream: 'l/b',
  version: 1,
  messages: [],
  events: [],
  server: 's',
  prev: '',
  after: 0,
  notBefore: '',
}

const soon = 5

/** Heads that count, and do not answer the n-th question. */
const heads = (silentAt: number): Connection => {
  let asked = 0
  return {
    heads: {
      findOneAndUpdate: async () => {
        asked += 1
        return asked === silentAt ? new Promise(() => {}) : { next: { 0: asked }, at: new Date() }
      },
    },
  } as unknown as Connection
}

test('whoever asks behind one that has no answer has a position', async () => {
  const sequencer = new Sequencer(heads(1), soon)
  void sequencer.reserve([draft])
  const { seats } = await sequencer.reserve([draft])
  assert.equal(seats, [{ draft, position: 2 }])
})

test('a guess of which nobody says what came is not waited for', async () => {
  const sequencer = new Sequencer(heads(0), soon)
  await sequencer.reserve([draft])
  sequencer.seen(0, 1)
  assert.is(sequencer.guess([draft])?.position, 2)
  assert.is(sequencer.guess([draft]), undefined, 'one at a time')
  await sequencer.reserve([draft])
  assert.ok(sequencer.guess([draft]), 'and then others may guess')
})

test.run()

import type { Checkpoint } from '@crawl-ledger/log'
import type { ProjectionStatus } from '@crawl-ledger/projector'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Trouble } from './trouble.js'

const start = () => {
  const said: string[] = []
  const say = (_: object, message: string): void => {
    said.push(message)
  }
  return { said, trouble: new Trouble({ info: say, warn: say, error: say }) }
}

const statusOf = (stopped?: Checkpoint['stopped']): ProjectionStatus => {
  const place = { partition: 3, position: 4, hash: '', digest: '', revision: 1, held: [], discarded: [] }
  const lag = { tail: 5, lagCommits: 1, lagSeconds: 0 }
  const one = { ...place, ...lag, ...(stopped === undefined ? {} : { stopped }) }
  return { projection: 'crawl', version: 1, build: 1, workers: [], partitions: [one] }
}

const held = { view: 'media' as const, id: 'm', position: 5, attempts: 3 }
const stopped = { ...held, error: 'no', since: '2024-05-01T12:00:00.000Z' }

test('a partition that stands still is told once, and once that it goes on', () => {
  const { said, trouble } = start()
  for (const status of [statusOf(), statusOf(stopped), statusOf(stopped), statusOf(), statusOf()])
    trouble.look(status)
  assert.is(said.length, 2)
  assert.match(said[0] ?? '', 'crawl-replay quarantine retry 3:5')
  assert.is(said[1], 'the partition goes on')
})

test('a commit that is held back is told with the command that shows it', () => {
  const { said, trouble } = start()
  trouble.heldBack([{ ...held, partition: 3, error: new Error('no') }])
  assert.is(said.length, 1)
  assert.match(said[0] ?? '', 'crawl-replay quarantine show 3:5')
})

test.run()

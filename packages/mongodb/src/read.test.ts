import assert from 'node:assert/strict'
import { commitId } from '@crawl-ledger/log'
import { suite } from 'uvu'
import type { Connection } from './connection.js'
import { readStreams } from './read.js'

const test = suite('mongodb: reading')

test('a stream that grew between two probes is read up to the first gap', async () => {
  const there = new Set([1, 3])
  const events = {
    findOne: async ({ version }: { version: number }) =>
      there.has(version) ? { _id: commitId(0, version), version } : null,
  }
  const read = await readStreams({ events } as unknown as Connection, [
    { partition: 0, stream: 'a/b', version: 0 },
  ])
  assert.deepEqual(
    read.map(({ position }) => position),
    [1],
  )
})

test.run()

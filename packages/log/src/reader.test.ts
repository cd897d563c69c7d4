import assert from 'node:assert/strict'
import { suite } from 'uvu'
import { type Commit, isVoid, sealer, voidCommit } from './commit.js'
import { readable } from './commit-unreadable.js'
import { nothingStore } from './conformance/index.js'
import { Reader } from './reader.js'

const test = suite('reader')

test('a hole keeps its time while other partitions leave it unread', async () => {
  const behind = voidCommit(sealer(), 1, 2)
  const busy: Commit[] = [1, 2, 3].map(position => voidCommit(sealer(), 0, position))
  const answers = [[behind], busy, [behind]]
  const filled: unknown[] = []
  const log = {
    ...nothingStore(2).log,
    read: async () => answers.shift() ?? [],
    fill: async (holes: unknown) => {
      filled.push(holes)
    },
  }
  let now = 0
  const reader = new Reader(log, { graceMs: 1000, now: () => now })
  const start = new Map([
    [0, 0],
    [1, 0],
  ])
  assert.deepEqual(await reader.next(start, 3), [])
  now = 600
  assert(readable(await reader.next(start, 3)).every(isVoid))
  now = 1200
  await reader.next(start, 3)
  assert.deepEqual(filled, [[{ partition: 1, position: 1 }]])
})

test.run()

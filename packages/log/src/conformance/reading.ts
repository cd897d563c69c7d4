import assert from 'node:assert/strict'
import { canonical, type Json } from '@crawl-ledger/domain'
import { type Commit, commitId } from '../commit.js'
import { readable } from '../commit-unreadable.js'
import type { Log } from '../ports.js'
import { checkOrder, follow } from './follow.js'
import { appended, commitOf, draftOf, incoming, known, mishap, workflowIn } from './kit.js'
import { anyOdd, odd, oddNames } from './odd.js'
import type { Sample } from './suite.js'

/** Appends `count` commits to one stream, one by one. */
const grow = async (log: Log, partition: number, count: number, n = 0): Promise<Commit[]> => {
  const commits: Commit[] = []
  for (let i = 1; i <= count; i += 1)
    commits.push(await appended(log, draftOf(workflowIn(partition, n), [`m-${n}-${i}`], commits.at(-1))))
  return commits
}

/** What comes out of a log. */
export const reading: readonly Sample[] = [
  {
    rule: 'reading',
    name: 'commits after a position come in order, as they were written, and about as many as asked for',
    run: async bench => {
      const { log } = await bench.open()
      const [zero, one] = [await grow(log, 0, 60), await grow(log, 1, 3)]
      assert.deepEqual(await log.read(new Map([[1, 0]]), 10), one)
      assert.deepEqual(await log.read(new Map([[1, 1]]), 10), one.slice(1))
      assert.deepEqual(await log.read(new Map([[1, 3]]), 10), [])
      assert.deepEqual(await log.read(new Map(), 10), [])
      const some = await log.read(new Map([[0, 0]]), 20)
      assert(some.length >= 16 && some.length <= 60, `${some.length} commits are about 20`)
      assert.deepEqual(some, zero.slice(0, some.length))
      for (const start of [0, 7, 28, 59]) {
        const read: Commit[] = []
        for (let end = start; end < 60; end = read.at(-1)?.position ?? 60)
          read.push(...readable(await log.read(new Map([[0, end]]), 20)))
        assert.deepEqual(read, zero.slice(start))
      }
    },
  },
  {
    rule: 'reading',
    name: 'partitions that are asked for together come each in order, and none is left waiting for good',
    run: async bench => {
      const { log } = await bench.open()
      for (const partition of [0, 1, 2, 3]) await grow(log, partition, 10 * partition + 3)
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(commits.length, 72)
      const both = readable(
        await log.read(
          new Map([
            [3, 30],
            [0, 1],
          ]),
          100,
        ),
      )
      assert.deepEqual(both.map(({ _id }) => _id).sort(), [
        commitId(0, 2),
        commitId(0, 3),
        commitId(3, 31),
        commitId(3, 32),
        commitId(3, 33),
      ])
    },
  },
  {
    rule: 'reading',
    name: 'a stream is read from any version on, alone or with others, and nothing else comes with it',
    run: async bench => {
      const { log } = await bench.open()
      const [mine, other] = [await grow(log, 2, 25), await grow(log, 2, 2, 1)]
      const end = (commits: readonly Commit[], version: number) => ({
        partition: 2,
        stream: commits[0]?.stream ?? '',
        version,
      })
      for (const version of [0, 1, 2, 9, 24, 25])
        assert.deepEqual(await log.readStreams([end(mine, version)]), mine.slice(version))
      const both = await log.readStreams([
        end(mine, 23),
        { ...end(mine, 0), stream: 'nobody/x' },
        end(other, 0),
      ])
      const byStream = [mine, other].map(commits =>
        both.filter(({ stream }) => stream === commits[0]?.stream),
      )
      assert.deepEqual(byStream, [mine.slice(23), other])
      assert.equal(both.length, 4)
      assert.deepEqual(await log.readStreams([]), [])
    },
  },
  {
    rule: 'reading',
    name: 'a stream that is read while it grows has no gap',
    run: async bench => {
      const [{ log }, { log: other }] = [await bench.open(), await bench.open()]
      const workflow = workflowIn(1)
      const end = { partition: 1, stream: draftOf(workflow, ['x']).stream, version: 0 }
      let growing = true
      const growth = grow(log, 1, 40).finally(() => {
        growing = false
      })
      const watching = async (): Promise<void> => {
        while (growing) {
          const versions = readable(await other.readStreams([end])).map(({ version }) => version)
          assert.deepEqual(
            versions,
            versions.map((_, i) => i + 1),
          )
          await new Promise(resolve => setImmediate(resolve))
        }
      }
      const [grown] = await Promise.all([growth, watching()])
      assert.deepEqual(await other.readStreams([end]), grown)
    },
  },
  {
    rule: 'reading',
    name: 'known messages are told with their digest and position, and unknown ones are not',
    run: async bench => {
      const { log } = await bench.open()
      const [first] = await grow(log, 0, 2)
      const here = workflowIn(0)
      const { digest } = incoming(mishap(workflowIn(0), 'm-0-1')).envelope
      assert.deepEqual(await known(log, here, ['m-0-1', 'nobody']), [
        { id: 'm-0-1', digest, position: first?.position },
      ])
      assert.deepEqual(await known(log, workflowIn(0, 1), ['m-0-1']), [])
      assert.deepEqual(await known(log, workflowIn(1), ['m-0-1']), [])
      assert.deepEqual(await known(log, here, []), [])
    },
  },
  {
    rule: 'tails',
    name: 'the end of each partition is known, from the first commit on and after any number',
    run: async bench => {
      const { log } = await bench.open()
      const ends = (...positions: number[]) => new Map(positions.map((position, i) => [i, position]))
      assert.deepEqual(await log.tails(), ends(0, 0, 0, 0))
      await grow(log, 1, 1)
      assert.deepEqual(await log.tails(), ends(0, 1, 0, 0))
      await grow(log, 3, 37)
      assert.deepEqual(await log.tails(), ends(0, 1, 0, 37))
      assert.deepEqual(await (await bench.open()).log.tails(), ends(0, 1, 0, 37))
    },
  },
  {
    rule: 'contents',
    name: 'whatever keys the objects in a commit have, they are read back as they were hashed',
    run: async bench => {
      const { log } = await bench.open()
      const drafts = Array.from({ length: 100 }, (_, n) =>
        draftOf(workflowIn(n % 4, Math.floor(n / 4)), [`m${n}`], undefined, {
          content: anyOdd(bench.random),
        }),
      )
      const landed = (await log.append(drafts)).map(commitOf)
      assert.equal(landed.length, drafts.length)
      const commits = await follow(log)
      checkOrder(commits)
      const texts = (list: readonly Commit[]) => list.map(one => canonical(one as unknown as Json)).sort()
      assert.deepEqual(texts(commits), texts(landed))
      const ends = drafts.map(({ partition, stream }) => ({ partition, stream, version: 0 }))
      assert.deepEqual(texts(readable(await log.readStreams(ends))), texts(landed))
    },
  },
  ...oddNames.map(
    (name): Sample => ({
      rule: 'contents',
      name: `${name} can be stored and read back, or is rejected by name`,
      run: async bench => {
        const { log } = await bench.open()
        const further = { content: odd[name] }
        const good = draftOf(workflowIn(0, 1), ['good'])
        const [landing, beside] = await log.append([
          draftOf(workflowIn(0), ['odd'], undefined, further),
          good,
        ])
        assert.equal(beside?.tag, 'landed')
        if (bench.fixture.capabilities.refuses.includes(name)) {
          assert.equal(landing?.tag, 'unstorable')
          assert.deepEqual(await known(log, workflowIn(0), ['odd']), [])
          return
        }
        assert(landing?.tag === 'landed', JSON.stringify(landing))
        const [event] = landing.commit.events
        assert.deepEqual(event?.data.more, further)
        const commits = await follow(log)
        checkOrder(commits)
        const read = commits.find(({ _id }) => _id === landing.commit._id)
        assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(landing.commit)))
      },
    }),
  ),
]

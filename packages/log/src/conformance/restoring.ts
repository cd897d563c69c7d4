import assert from 'node:assert/strict'
import { type Commit, sealer, voidCommit } from '../commit.js'
import { PlaceTaken } from '../errors.js'
import { draftOf, streamOf, whereIs, workflowIn } from './kit.js'
import type { Sample } from './suite.js'

const seal = sealer()
const at = '2024-05-01T12:00:00.000Z'

/** Three commits of one stream with a void between, as they were in another log. */
const elsewhere = (): readonly Commit[] => {
  const commits: Commit[] = [voidCommit(seal, 0, 2)]
  let prev = ''
  for (const [version, position] of [
    [1, 1],
    [2, 3],
    [3, 4],
  ] as const) {
    const draft = { ...draftOf(workflowIn(0), [`old-${version}`]), version, prev, after: 0, notBefore: '' }
    const { commit } = seal(draft, position, at)
    prev = commit.hash
    commits.push(commit)
  }
  return commits.sort((a, b) => a.position - b.position)
}

/** Locations that each number their own messages, as they come together in a log of fewer partitions. */
const numbered = (locations: number): readonly Commit[] => {
  let position = 0
  return Array.from({ length: locations }, (_, n) => {
    let prev = ''
    return ['1', '2', '3'].map((id, i) => {
      const draft = { ...draftOf(workflowIn(0, n), [id]), version: i + 1, prev, after: 0, notBefore: '' }
      position += 1
      const { commit } = seal(draft, position, at)
      prev = commit.hash
      return commit
    })
  }).flat()
}

/** A log can be brought back from a copy. */
export const restoring: readonly Sample[] = [
  {
    rule: 'restoring',
    name: 'commits are restored as they were, also when it is done again, and writers go on behind them',
    run: async bench => {
      const { log } = await bench.open()
      const commits = elsewhere()
      await log.restore(commits.slice(0, 2))
      await log.restore(commits)
      await log.restore(commits)
      assert.deepEqual(await log.read(new Map([[0, 0]]), 10), commits)
      assert.equal(await whereIs(log, workflowIn(0), 'old-2'), 3)
      const stream = streamOf(workflowIn(0))
      assert.equal((await log.readStreams([{ partition: 0, stream, version: 0 }])).length, 3)
      const last = commits.at(-1)
      const [landing] = await log.append([
        { ...draftOf(workflowIn(0), ['new']), version: 4, prev: last?.hash ?? '', after: 4, notBefore: at },
      ])
      assert(landing?.tag === 'landed' && landing.commit.position === 5, JSON.stringify(landing))
    },
  },
  {
    rule: 'restoring',
    name: 'of forty locations that number their own messages 1, 2, 3 nothing is lost in one partition',
    run: async bench => {
      const { log } = await bench.open()
      const commits = numbered(40)
      await log.restore(commits)
      await log.restore(commits)
      assert.deepEqual(await log.read(new Map([[0, 0]]), 200), commits)
      for (const n of [0, 17, 39]) assert.equal(await whereIs(log, workflowIn(0, n), '3'), 3 * n + 3)
    },
  },
  {
    rule: 'restoring',
    name: 'where another commit is, nothing is restored over it',
    run: async bench => {
      const { log } = await bench.open()
      const [landing] = await log.append([draftOf(workflowIn(0, 1), ['mine'])])
      assert(landing?.tag === 'landed')
      const [first] = elsewhere()
      await assert.rejects(
        () => log.restore(first === undefined ? [] : [first]),
        error => error instanceof PlaceTaken && error.partition === 0 && error.position === 1,
      )
      assert.deepEqual(await log.read(new Map([[0, 0]]), 10), [landing.commit])
    },
  },
]

import assert from 'node:assert/strict'
import { type Commit, isIntact, isVoid } from '../commit.js'
import { readable } from '../commit-unreadable.js'
import type { Log, Positions } from '../ports.js'
import { Reader, type ReaderOptions } from '../reader.js'
import { partitions } from './kit.js'

/** How long the end of a log may stay out of reach. */
const patienceMs = 8000

/** Before the first position of every partition. */
export const beginning = (): Map<number, number> =>
  new Map(Array.from({ length: partitions }, (_, partition) => [partition, 0]))

const reached = (ends: Positions, goal: Positions): boolean =>
  [...goal].every(([partition, position]) => (ends.get(partition) ?? 0) >= position)

/**
 * Follows a log while `work` goes on, and then to its end.
 * @returns every commit in the order in which a reader gets it
 */
export const follow = async (
  log: Log,
  work: Promise<unknown> = Promise.resolve(),
  options: ReaderOptions = { graceMs: 0 },
): Promise<readonly Commit[]> => {
  const reader = new Reader(log, options)
  const commits: Commit[] = []
  const ends = beginning()
  let goal: Positions | undefined
  let deadline = Number.POSITIVE_INFINITY
  let failure: { error: unknown } | undefined
  void work.then(
    async () => {
      goal = await log.tails()
      deadline = performance.now() + patienceMs
    },
    error => {
      failure = { error }
    },
  )
  for (;;) {
    if (failure !== undefined) throw failure.error
    if (goal !== undefined && reached(ends, goal)) return commits
    assert(performance.now() < deadline, 'the reader does not come to the end of the log')
    const run = readable(await reader.next(ends, 50))
    for (const commit of run) {
      commits.push(commit)
      ends.set(commit.partition, commit.position)
    }
    if (run.length === 0) await new Promise(resolve => setTimeout(resolve, 3))
  }
}

/**
 * What must hold of the commits that a reader got, whoever wrote them: positions without gaps, versions without
 * gaps and in the same order, a message once in a stream, hashes that hold together, time that does not go back.
 */
export const checkOrder = (commits: readonly Commit[]): void => {
  const ends = beginning()
  const lasts = new Map<string, Commit>()
  const messages = new Set<string>()
  for (const commit of commits) {
    const { partition, position, stream, version } = commit
    assert.equal(position, (ends.get(partition) ?? 0) + 1, `partition ${partition} goes on without a gap`)
    ends.set(partition, position)
    assert(isIntact(commit), `${commit._id} is what was sealed`)
    for (const { id } of commit.messages) {
      const key = JSON.stringify([stream, id])
      assert(!messages.has(key), `message ${id} is in stream ${stream} once`)
      messages.add(key)
    }
    if (isVoid(commit)) continue
    const last = lasts.get(stream)
    assert.equal(version, (last?.version ?? 0) + 1, `stream ${stream} goes on without a gap at ${commit._id}`)
    assert.equal(
      commit.prev,
      last?.hash ?? '',
      `${commit._id} holds the hash of the stream's commit before it`,
    )
    assert(commit.at >= (last?.at ?? ''), `${commit._id} is not before the stream's commit before it`)
    lasts.set(stream, commit)
  }
}

/** Each message's position, by partition and id: for tests in which no two streams share an id. */
export const messagesIn = (commits: readonly Commit[]): ReadonlyMap<string, number> =>
  new Map(
    commits
      .filter(commit => !isVoid(commit))
      .flatMap(({ partition, position, messages }) =>
        messages.map(({ id }) => [`${partition}/${id}`, position] as const),
      ),
  )

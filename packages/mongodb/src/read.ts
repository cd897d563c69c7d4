import {
  type Commit,
  commitId,
  type Found,
  foundAt,
  type Positions,
  placeIn,
  type StreamEnd,
} from '@crawl-ledger/log'
import type { Filter } from 'mongodb'
import type { Connection } from './connection.js'
import { fromStored } from './encoding.js'
import type { FarSight } from './far-sight.js'

/** Near positions are asked for one by one, and some far ones, to see whether more lies behind a wide hole. */
const near = 16
const ahead = [
  ...Array.from({ length: near }, (_, i) => i + 1),
  ...Array.from({ length: 16 }, (_, k) => 2 ** (k + 5)),
]

/** Small enough to be one message, large enough to save round trips. */
const batchSize = 1000

const byPosition = (a: Found, b: Found): number => a.partition - b.partition || a.position - b.position

/** What stands where a document's key says: all its other fields may have been changed. */
export const foundIn = (document: Commit): Found => {
  const { _id, stream } = document
  return foundAt({ ...placeIn(_id), stream: typeof stream === 'string' ? stream : undefined }, () =>
    fromStored(document),
  )
}

/**
 * What lies after these positions. Waiting asks for the next `_id`s only, which every server finds by its index;
 * a partition that is further behind is read as a range.
 */
export const readAfter = async (
  { events, routed }: Connection,
  farSight: FarSight,
  after: Positions,
  limit: number,
): Promise<readonly Found[]> => {
  if (after.size === 0) return []
  const probes = [...after].flatMap(([partition, position]) =>
    [...ahead.map(step => position + step), ...farSight.behind(partition, position)].map(one =>
      commitId(partition, one),
    ),
  )
  const probe: Filter<Commit> = {
    _id: { $in: probes },
    ...(routed() ? { partition: { $in: [...after.keys()] } } : {}),
  }
  const found = (await events.find(probe, { batchSize }).toArray()).map(foundIn)
  const commits: Found[] = []
  const far: number[] = []
  const quiet = new Map<number, number>()
  for (const partition of after.keys()) {
    const start = after.get(partition) ?? 0
    const ofPartition = found.filter(commit => commit.partition === partition)
    if (ofPartition.length === 0) quiet.set(partition, start)
    else if (ofPartition.some(commit => commit.position > start + near)) far.push(partition)
    else commits.push(...ofPartition)
  }
  await farSight.quiet(quiet)
  // One at a time, so that a reader far behind holds only about `limit` commits at once.
  for (const partition of far) {
    if (commits.length >= limit) break
    const start = after.get(partition) ?? 0
    const places = { $gt: commitId(partition, start), $lte: commitId(partition, start + limit) }
    const range = (await events.find({ partition, _id: places }, { batchSize }).toArray()).map(foundIn)
    // Nothing near, something far: a hole wider than the range.
    commits.push(...(range.length > 0 ? range : found.filter(commit => commit.partition === partition)))
  }
  return commits.sort(byPosition)
}

/** How many versions of a stream are asked for one by one before the rest is read as a range. */
const steps = [1, 2, 4, 8]

const byVersion = (a: Commit, b: Commit): number => a.version - b.version

const versionsOf = async (
  { events }: Connection,
  { partition, stream, version }: StreamEnd,
): Promise<readonly Found[]> => {
  const commits: Found[] = []
  for (const step of steps) {
    const next = version + commits.length
    const found = await Promise.all(
      Array.from({ length: step }, (_, i) => events.findOne({ partition, stream, version: next + 1 + i })),
    )
    // While these were asked for the stream may have grown: what lies behind the first gap is for the next time.
    for (const commit of found) {
      if (commit === null) return commits
      commits.push(foundIn(commit))
    }
  }
  const last = version + commits.length
  const rest = await events.find({ partition, stream, version: { $gt: last } }, { batchSize }).toArray()
  return [...commits, ...rest.sort(byVersion).map(foundIn)]
}

/** So many look-ups go at once, and so long may they take, in milliseconds, before the rest is asked for in one query. */
const lookUpsAtOnce = 10
const nearMs = 15

/** The later commits of many streams in one query: a clause for each partition and version, served by the unique key. */
const laterCommits = async (
  { events }: Connection,
  ends: readonly StreamEnd[],
): Promise<readonly Found[]> => {
  const clauses = new Map<string, { partition: number; version: number; streams: string[] }>()
  for (const { partition, stream, version } of ends) {
    const key = `${partition}:${version}`
    const clause = clauses.get(key) ?? { partition, version, streams: [] }
    clause.streams.push(stream)
    clauses.set(key, clause)
  }
  const $or = [...clauses.values()].map(({ partition, version, streams }) => ({
    partition,
    stream: { $in: streams },
    version: { $gt: version },
  }))
  const found = await events.find({ $or }, { batchSize }).toArray()
  return found.sort(byVersion).map(foundIn)
}

/** Versions have no gaps, so a stream ends at the first one that is not there. A server that is far away is asked once for all. */
export const readStreams = async (
  connection: Connection,
  ends: readonly StreamEnd[],
): Promise<readonly Found[]> => {
  const start = performance.now()
  const first = ends.slice(0, lookUpsAtOnce)
  const rest = ends.slice(lookUpsAtOnce)
  const commits = (await Promise.all(first.map(end => versionsOf(connection, end)))).flat()
  if (rest.length === 0) return commits
  const further =
    performance.now() - start > nearMs
      ? await laterCommits(connection, rest)
      : (await Promise.all(rest.map(end => versionsOf(connection, end)))).flat()
  return [...commits, ...further]
}

import type { Checkpoint, Commit, Positions, Reader, Store } from '@crawl-ledger/log'
import { checkpointsOf } from '@crawl-ledger/projector'

/** So far below the end of a partition a commit may still be under way. */
const underWay = 1000

const pauseMs = 50

/** The last commits of partitions, once nothing at or below these ends can land any more. */
const settled = async (reader: Reader, ends: Positions): Promise<ReadonlyMap<number, Commit>> => {
  const last = new Map<number, Commit>()
  const after = new Map([...ends].map(([partition, end]) => [partition, Math.max(0, end - underWay)]))
  for (;;) {
    for (const [partition, position] of after)
      if (position >= (ends.get(partition) ?? 0)) after.delete(partition)
    if (after.size === 0) return last
    const commits = await reader.next(after, 1000)
    for (const commit of commits)
      if (commit.position <= (ends.get(commit.partition) ?? 0)) {
        after.set(commit.partition, commit.position)
        last.set(commit.partition, commit)
      }
    if (commits.length === 0) await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}

/**
 * Puts checkpoints at the end of each partition that has none under this name yet: whoever keeps them begins with what
 * comes from now on. Of the commits that were under way before, none can land below.
 */
export const startHere = async ({ log, views }: Store, name: string, reader: Reader): Promise<void> => {
  const checkpoints = await checkpointsOf(views, name, log.partitions)
  const tails = await log.tails()
  const fresh = [...checkpoints.values()].filter(({ revision }) => revision === 0)
  const ends = new Map(fresh.map(({ partition }) => [partition, tails.get(partition) ?? 0]))
  const last = await settled(reader, ends)
  const moves = fresh.map((checkpoint): Checkpoint => {
    const commit = last.get(checkpoint.partition)
    const end = commit === undefined ? {} : { position: commit.position, hash: commit.hash }
    return { ...checkpoint, ...end, revision: 1 }
  })
  // Where another publisher was faster, its checkpoints are as good.
  if (moves.length > 0) await views.save({ projection: name, writes: [], moves })
}

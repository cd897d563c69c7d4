import { type Checkpoint, type Found, isReadable, isVoid, type Reader, type Store } from '@crawl-ledger/log'
import { checkpointsOf } from '@crawl-ledger/projector'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'

/** So far below the end of a partition a commit may still be under way. */
const underWay = 1000

const pauseMs = 50

const partitionsAtOnce = 8

/**
 * The last commit of a partition's past: of what was there by now, and below it nothing lands any more. A commit that
 * lands in a hole while we look is none of the past, and neither is what stands above it.
 */
const lastOfPast = async (
  log: Store['log'],
  reader: Reader,
  partition: number,
  end: number,
): Promise<Found | undefined> => {
  const first = Math.max(1, end - underWay)
  let after = new Map([[partition, first - 1]])
  const there = new Set((await log.read(after, underWay + 1)).map(({ position }) => position))
  let last: Found | undefined
  while ((last?.position ?? 0) < end) {
    const commits = await reader.next(after, underWay + 1)
    for (const commit of commits) {
      const { position } = commit
      // The first is too far below the end for one under way, unless the partition begins there.
      const isPast =
        there.has(position) || (isReadable(commit) && isVoid(commit)) || (position === first && first > 1)
      if (position > end || !isPast) return last
      last = commit
      after = new Map([[partition, position]])
    }
    if (commits.length === 0) await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
  return last
}

/**
 * Puts checkpoints at the end of each partition that has none under this name yet: whoever keeps them begins with what
 * comes from now on.
 */
export const startHere = async ({ log, views }: Store, name: string, reader: Reader): Promise<void> => {
  const checkpoints = await checkpointsOf(views, name, log.partitions)
  const fresh = [...checkpoints.values()].filter(({ revision }) => revision === 0)
  if (fresh.length === 0) return
  const tails = await log.tails()
  const begun = async (checkpoint: Checkpoint): Promise<Checkpoint> => {
    const { partition } = checkpoint
    const last = await lastOfPast(log, reader, partition, tails.get(partition) ?? 0)
    // What cannot be read has no hash that could be compared.
    const end = last === undefined ? {} : { position: last.position, hash: isReadable(last) ? last.hash : '' }
    return { ...checkpoint, ...end, revision: 1 }
  }
  const moves = await lastValueFrom(from(fresh).pipe(mergeMap(begun, partitionsAtOnce), toArray()))
  // Where another publisher was faster, its checkpoints are as good.
  await views.save({ projection: name, writes: [], moves })
}

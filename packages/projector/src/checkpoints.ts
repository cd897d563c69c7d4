import type { Projection } from '@crawl-ledger/domain'
import { type Checkpoint, type Commit, type Log, runningDigest, type ViewStore } from '@crawl-ledger/log'

/** The name under which a version of a projection keeps its checkpoints. */
export const versionName = ({ name, version }: Projection): string => `${name}@${version}`

/** The log is not the one that was folded: it was restored from a copy that is older than the views. */
export class LogBehindViews extends Error {
  override readonly name = 'LogBehindViews'
  readonly code = 'log-behind-views'

  constructor(
    readonly partition: number,
    readonly position: number,
  ) {
    super(
      `The views hold partition ${partition} up to position ${position}, and the log has another commit there or none. ` +
        'The log was restored from a copy older than the views: rebuild the views.',
    )
  }
}

const beginning = (partition: number): Checkpoint => ({ partition, position: 0, hash: '', digest: '' })

/** Where a projection stands in every partition. */
export const readCheckpoints = async (
  views: ViewStore,
  projection: Projection,
  partitions: number,
): Promise<Map<number, Checkpoint>> => {
  const kept = new Map((await views.checkpoints(versionName(projection))).map(c => [c.partition, c]))
  return new Map(Array.from({ length: partitions }, (_, p) => [p, kept.get(p) ?? beginning(p)]))
}

/** Compares the commit at each checkpoint with the hash that was kept. */
export const checkLogIsAhead = async (log: Log, checkpoints: Iterable<Checkpoint>): Promise<void> => {
  for (const { partition, position, hash } of checkpoints) {
    if (position === 0) continue
    const [commit] = await log.read(new Map([[partition, position - 1]]), 1)
    if (commit?.position !== position || commit.hash !== hash) throw new LogBehindViews(partition, position)
  }
}

/** The checkpoints after these commits, with what they are moved from. */
export const movesOf = (
  checkpoints: ReadonlyMap<number, Checkpoint>,
  commits: readonly Commit[],
): readonly { from: number; to: Checkpoint }[] => {
  const ends = new Map<number, Checkpoint>()
  for (const commit of commits) {
    const { partition, position, hash } = commit
    const before = ends.get(partition) ?? checkpoints.get(partition) ?? beginning(partition)
    ends.set(partition, { partition, position, hash, digest: runningDigest(before.digest, commit) })
  }
  return [...ends.values()].map(to => ({ from: checkpoints.get(to.partition)?.position ?? 0, to }))
}

import {
  type Checkpoint,
  type Commit,
  isReadable,
  type Log,
  runningDigest,
  type ViewStore,
} from '@crawl-ledger/log'
import { type Build, buildName } from './build.js'
import type { FoldFailure } from './fold.js'

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
        'The log was restored from a copy older than the views. Build the views anew: crawl-replay rebuild',
    )
  }
}

export const beginning = (partition: number): Checkpoint => ({
  partition,
  position: 0,
  hash: '',
  digest: '',
  revision: 0,
  held: [],
  discarded: [],
})

/** Where whoever keeps checkpoints under this name stands in every partition. */
export const checkpointsOf = async (
  views: ViewStore,
  name: string,
  partitions: number,
): Promise<Map<number, Checkpoint>> => {
  const kept = new Map((await views.checkpoints(name)).map(c => [c.partition, c]))
  return new Map(Array.from({ length: partitions }, (_, p) => [p, kept.get(p) ?? beginning(p)]))
}

/** Where a build stands in every partition. */
export const readCheckpoints = (
  views: ViewStore,
  build: Build,
  partitions: number,
): Promise<Map<number, Checkpoint>> => checkpointsOf(views, buildName(build), partitions)

/** Whether these are the checkpoints of just these partitions. */
export const areOf = (
  checkpoints: ReadonlyMap<number, Checkpoint>,
  partitions: ReadonlySet<number>,
): boolean =>
  checkpoints.size === partitions.size && [...partitions].every(partition => checkpoints.has(partition))

/** The first checkpoint whose commit is not in the log, or is not the one that was seen; undefined where all is well. */
export const checkpointAstray = async (
  log: Log,
  checkpoints: Iterable<Checkpoint>,
): Promise<Checkpoint | undefined> => {
  for (const checkpoint of checkpoints) {
    const { partition, position, hash } = checkpoint
    if (position === 0) continue
    const [found] = await log.read(new Map([[partition, position - 1]]), 1)
    if (found?.position !== position) return checkpoint
    // One that was damaged since, or was passed when it was, tells of no other log.
    if (isReadable(found) && hash !== '' && found.hash !== hash) return checkpoint
  }
  return undefined
}

/** Compares the commit at each checkpoint with the hash that was kept. */
export const checkLogIsAhead = async (log: Log, checkpoints: Iterable<Checkpoint>): Promise<void> => {
  const astray = await checkpointAstray(log, checkpoints)
  if (astray !== undefined) throw new LogBehindViews(astray.partition, astray.position)
}

/** The checkpoint after a change of what it says, as it is written. */
export const changed = (checkpoint: Checkpoint, change: Partial<Checkpoint>): Checkpoint => ({
  ...checkpoint,
  ...change,
  revision: checkpoint.revision + 1,
})

/** How many documents of a partition may be held back before it stops. */
const heldAtMost = 1000

/** The checkpoints after these commits, with what could not be folded of them. */
export const movesOf = (
  checkpoints: ReadonlyMap<number, Checkpoint>,
  commits: readonly Commit[],
  failures: readonly FoldFailure[],
): readonly Checkpoint[] => {
  const ends = new Map<number, { position: number; hash: string; digest: string }>()
  for (const commit of commits) {
    const { partition, position, hash } = commit
    const before = ends.get(partition) ?? checkpoints.get(partition) ?? beginning(partition)
    ends.set(partition, { position, hash, digest: runningDigest(before.digest, commit) })
  }
  return [...ends].map(([partition, end]) => {
    const before = checkpoints.get(partition) ?? beginning(partition)
    const held = [...before.held, ...failures.filter(f => f.partition === partition).map(heldOf)]
    const last = held[heldAtMost]
    return changed(before, { ...end, held, ...(last === undefined ? {} : { stopped: last }) })
  })
}

/** What is kept of a failure. */
export const heldOf = ({ view, id, position, error, attempts }: FoldFailure): Checkpoint['held'][number] => ({
  view,
  id,
  position,
  error: error.message,
  attempts,
  since: new Date().toISOString(),
})

import type { Projection } from '@crawl-ledger/domain'
import { type Checkpoint, isReadable, type NextBuild, type Store } from '@crawl-ledger/log'
import { buildOf, readIn } from './build.js'
import { readCheckpoints } from './checkpoints.js'
import { readHolding } from './tenure.js'

/** How a projection stands in one partition. */
export interface PartitionStatus extends Checkpoint {
  /** The largest occupied position of the log. */
  readonly tail: number
  readonly lagCommits: number
  /** For how long the oldest commit that is not folded has been in the log, in seconds; 0 where there is none. */
  readonly lagSeconds: number
  /** The worker that holds the partition, if one does. */
  readonly owner?: string
}

export interface ProjectionStatus {
  readonly projection: string
  /** The version of the projection that made the views. */
  readonly version: number
  /** The build that is read. */
  readonly build: number
  readonly next?: NextBuild & { readonly folded: number }
  readonly workers: readonly string[]
  readonly partitions: readonly PartitionStatus[]
}

const secondsBehind = async (
  { log }: Store,
  { partition, position, stopped }: Checkpoint,
): Promise<number> => {
  const [oldest] = await log.read(new Map([[partition, (stopped?.position ?? position + 1) - 1]]), 1)
  if (oldest === undefined) return 0
  // What is unreadable does not tell: then since when it holds the partition up.
  const at = Date.parse(isReadable(oldest) ? oldest.at : (stopped?.since ?? new Date().toISOString()))
  // A void has no time of its own.
  return at === 0 ? 0 : Math.max(0, (Date.now() - at) / 1000)
}

/**
 * How a projection stands: asked of the log itself and of the checkpoints, so that it is true also when the worker that
 * held a partition is dead. Seconds go by this machine's clock.
 */
export const projectionStatus = async (store: Store, projection: Projection): Promise<ProjectionStatus> => {
  const { log, views, builds, leases } = store
  const record = await builds.record(projection.name)
  const { build, version } = record === undefined ? { build: 1, version: projection.version } : readIn(record)
  const checkpoints = await readCheckpoints(views, buildOf(projection, build), log.partitions)
  const tails = await log.tails()
  const { owners, workers } = await readHolding(leases, projection.name)
  const partitions = await Promise.all(
    [...checkpoints.values()].map(async (checkpoint): Promise<PartitionStatus> => {
      const tail = tails.get(checkpoint.partition) ?? 0
      const lagCommits = Math.max(0, tail - checkpoint.position)
      const lagSeconds = lagCommits === 0 ? 0 : await secondsBehind(store, checkpoint)
      const owner = owners.get(checkpoint.partition)
      return { ...checkpoint, tail, lagCommits, lagSeconds, ...(owner === undefined ? {} : { owner }) }
    }),
  )
  return {
    projection: projection.name,
    version,
    build,
    workers,
    partitions,
    ...(record?.next === undefined ? {} : { next: await nextStatus(store, projection, record.next) }),
  }
}

const nextStatus = async ({ views, log }: Store, projection: Projection, next: NextBuild) => {
  const checkpoints = await readCheckpoints(views, buildOf(projection, next.build), log.partitions)
  return { ...next, folded: [...checkpoints.values()].reduce((sum, { position }) => sum + position, 0) }
}

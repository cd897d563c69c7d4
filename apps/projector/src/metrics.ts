import type { ProjectionStatus } from '@crawl-ledger/projector'
import { Gauge, type Registry } from 'prom-client'
import { sums } from './standing.js'

export interface Gauged {
  /** How the views stand; rejects while the store is away. */
  readonly standing: () => Promise<ProjectionStatus>
  /** The partitions that this worker holds. */
  readonly partitions: () => ReadonlySet<number>
}

/**
 * The text for Prometheus. What only the store knows is left out while it is away: an old figure would look like a
 * healthy one, and `crawl_ledger_store_up` tells why it is missing.
 */
export const metricsText = (
  registry: Registry,
  { standing, partitions }: Gauged,
): (() => Promise<string>) => {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> =>
    new Gauge({ name: `crawl_ledger_${name}`, help, labelNames: [...labelNames], registers: [registry] })

  const up = gauge('store_up', '1 where the store answers.')
  const mine = gauge('projector_partitions_held', 'Partitions that this worker projects.')
  const lagCommits = gauge('projection_lag_commits', 'Commits that are not in the views yet.', ['partition'])
  const lagSeconds = gauge(
    'projection_lag_seconds',
    'For how long the oldest commit that is not in the views has been in the log.',
    ['partition'],
  )
  const workers = gauge('projection_workers', 'Workers that are alive.')
  const held = gauge(
    'projection_held_documents',
    'Documents that wait behind a commit that could not be folded.',
  )
  const stopped = gauge(
    'projection_stopped_partitions',
    'Partitions that stand still until somebody decides.',
  )
  const look = async (): Promise<void> => {
    const status = await standing().catch(() => undefined)
    mine.set(partitions().size)
    up.set(status === undefined ? 0 : 1)
    if (status === undefined) {
      for (const byPartition of [lagCommits, lagSeconds]) byPartition.reset()
      for (const sum of [workers, held, stopped]) sum.remove()
      return
    }
    for (const { partition, ...lag } of status.partitions) {
      lagCommits.set({ partition }, lag.lagCommits)
      lagSeconds.set({ partition }, lag.lagSeconds)
    }
    const total = sums(status)
    workers.set(status.workers.length)
    held.set(total.held)
    stopped.set(total.stopped.length)
  }

  return async () => {
    await look()
    return registry.metrics()
  }
}

import type { Store } from '@crawl-ledger/log'
import { within } from '@crawl-ledger/process'
import type { ProjectionStatus } from '@crawl-ledger/projector'
import { sums } from './standing.js'
import type { WorkerState } from './worker.js'

export interface Health {
  /** `down`: nothing is projected here. `degraded`: it goes on, but not everywhere or not now. */
  readonly status: 'ok' | 'degraded' | 'down'
  readonly service: 'projector'
  /** This worker's name, as in the leases. */
  readonly worker: string
  readonly store: {
    /** Which store, without user name, password or options. */
    readonly name: string
    readonly status: 'ok' | 'unavailable'
    readonly latencyMs: number | null
  }
  readonly projection: WorkerState
  /** The partitions that this worker holds. */
  readonly partitions: readonly number[]
  /** The largest of all partitions; null while the store does not tell. */
  readonly lag: { readonly commits: number; readonly seconds: number } | null
  readonly stopped: readonly { readonly partition: number; readonly position: number }[]
  /** Documents that wait behind a commit that could not be folded. */
  readonly held: number
}

export interface HealthOptions {
  readonly worker: {
    readonly name: string
    readonly state: WorkerState
    readonly partitions: ReadonlySet<number>
  }
  readonly store: Pick<Store, 'ping'>
  readonly storeName: string
  readonly standing: () => Promise<ProjectionStatus>
  /** A store that takes longer counts as away. Default 2,000. */
  readonly timeoutMs?: number
  /** Is told why the store counts as away. */
  readonly onFailure?: (error: unknown) => void
}

const hundredths = (number: number): number => Math.round(number * 100) / 100

/** Asks for the health of this worker, its store and the views. All who ask at the same time share one ping. */
export const healthCheck = ({
  worker,
  store,
  storeName,
  standing,
  timeoutMs = 2000,
  onFailure = () => {},
}: HealthOptions): (() => Promise<Health>) => {
  let underWay: Promise<number | null> | undefined

  const timed = async (): Promise<number | null> => {
    const start = performance.now()
    try {
      await within(timeoutMs, store.ping())
      return hundredths(performance.now() - start)
    } catch (error) {
      onFailure(error)
      return null
    }
  }

  const ping = (): Promise<number | null> => {
    underWay ??= timed().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  return async () => {
    const latencyMs = await ping()
    const found = latencyMs === null ? undefined : await standing().catch(onFailure)
    const { lag, stopped, held } = found ? sums(found) : { lag: null, stopped: [], held: 0 }
    const { state } = worker
    const isDown = latencyMs === null || state === 'failed' || state === 'stopped'
    const isWhole = state === 'running' && lag !== null && stopped.length === 0 && held === 0
    return {
      status: isDown ? 'down' : isWhole ? 'ok' : 'degraded',
      service: 'projector',
      worker: worker.name,
      store: { name: storeName, status: latencyMs === null ? 'unavailable' : 'ok', latencyMs },
      projection: state,
      partitions: [...worker.partitions].sort((a, b) => a - b),
      lag: lag === null ? null : { commits: lag.commits, seconds: hundredths(lag.seconds) },
      stopped,
      held,
    }
  }
}

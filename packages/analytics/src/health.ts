import { TimedOut, within } from '@crawl-ledger/process'
import {
  type Ledger,
  type SpoolState,
  type SpoolStatus,
  StoreError,
  StoreForbidden,
  StoreUnusable,
} from 'crawl-ledger'

export interface Health {
  /**
   * `degraded`: messages wait in the spool, or the store is away and new ones would. `unavailable`: the store is away
   * and nothing takes a message meanwhile.
   */
  readonly status: 'ok' | 'degraded' | 'unavailable'
  /** When this was asked, ISO. */
  readonly timestamp: string
  /** For how long the process has been up, in seconds. */
  readonly uptime: number
  readonly checks: {
    /** `disconnected`: the store does not answer; `error`: it answers with a failure. */
    readonly database: 'connected' | 'disconnected' | 'error'
    /** As in `23ms`; absent where the store did not answer. */
    readonly databaseLatency?: string
    /** This server reads no messages. */
    readonly serviceBus: 'not used'
    /** What the process holds, as in `84MB`. */
    readonly memory: string
  }
  /** How long this answer took, as in `24ms`. */
  readonly responseTime: string
  readonly service: 'analytics'
  readonly uptimeSeconds: number
  readonly store: {
    /** Which store, without user name, password or options. */
    readonly name: string
    readonly status: 'ok' | 'unavailable'
    /** How long the store took to answer; null when it did not. */
    readonly latencyMs: number | null
  }
  /** Only where the ledger has a spool. */
  readonly spool?: {
    readonly state: SpoolState
    /** How many messages wait, and how many may. */
    readonly messages: number
    readonly max: number
    /** For how long the oldest has been waiting; null where none waits. */
    readonly oldestSeconds: number | null
    /** How many were kept and refused in the end: see `ledger.spool.refused()`. */
    readonly refused: number
  }
}

export interface HealthOptions {
  /** A store that takes longer counts as away. */
  readonly timeoutMs?: number
  /** Is told why the store counts as away. */
  readonly onFailure?: (error: unknown) => void
}

interface Answered {
  readonly latencyMs: number | null
  readonly database: Health['checks']['database']
}

/** Whether the store did not answer; else it answered with a failure. */
const isSilence = (error: unknown): boolean =>
  error instanceof TimedOut ||
  (error instanceof StoreError && !(error instanceof StoreForbidden || error instanceof StoreUnusable))

const hundredths = (number: number): number => Math.round(number * 100) / 100

const shown = ({ state, messages, max, oldestMs, refused }: SpoolStatus): NonNullable<Health['spool']> => ({
  state,
  messages,
  max,
  oldestSeconds: oldestMs === null ? null : hundredths(oldestMs / 1000),
  refused,
})

const statusOf = (isAway: boolean, spool: SpoolStatus | undefined): Health['status'] => {
  if (isAway) return spool === undefined || spool.messages >= spool.max ? 'unavailable' : 'degraded'
  return spool === undefined || spool.state === 'idle' ? 'ok' : 'degraded'
}

/**
 * Asks for the health of the service and its store.
 * All who ask at the same time share one ping, so that questions do not pile up on a store that hangs.
 */
export const healthCheck = (
  ledger: Pick<Ledger, 'store' | 'ping' | 'spool'>,
  { timeoutMs = 2000, onFailure = () => {} }: HealthOptions = {},
): (() => Promise<Health>) => {
  const started = performance.now()
  let underWay: Promise<number> | undefined

  const ping = (): Promise<number> => {
    underWay ??= within(timeoutMs, ledger.ping()).finally(() => {
      underWay = undefined
    })
    return underWay
  }

  const ask = async (): Promise<Answered> => {
    try {
      return { latencyMs: hundredths(await ping()), database: 'connected' }
    } catch (error) {
      onFailure(error)
      return { latencyMs: null, database: isSilence(error) ? 'disconnected' : 'error' }
    }
  }

  return async () => {
    const asked = performance.now()
    const { latencyMs, database } = await ask()
    const spool = ledger.spool?.status()
    return {
      status: statusOf(latencyMs === null, spool),
      timestamp: new Date().toISOString(),
      uptime: Math.floor(process.uptime()),
      checks: {
        database,
        ...(latencyMs === null ? {} : { databaseLatency: `${Math.round(latencyMs)}ms` }),
        serviceBus: 'not used',
        memory: `${Math.round(process.memoryUsage.rss() / 1024 / 1024)}MB`,
      },
      responseTime: `${Math.round(performance.now() - asked)}ms`,
      service: 'analytics',
      uptimeSeconds: Math.floor((performance.now() - started) / 1000),
      store: { name: ledger.store, status: latencyMs === null ? 'unavailable' : 'ok', latencyMs },
      ...(spool === undefined ? {} : { spool: shown(spool) }),
    }
  }
}

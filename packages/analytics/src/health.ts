import type { Ledger } from 'crawl-ledger'
import { within } from './within.js'

type Status = 'ok' | 'unavailable'

export interface Health {
  readonly status: Status
  readonly service: 'analytics'
  readonly uptimeSeconds: number
  readonly store: {
    /** Which store, without user name, password or options. */
    readonly name: string
    readonly status: Status
    /** How long the store took to answer; null when it did not. */
    readonly latencyMs: number | null
  }
}

export interface HealthOptions {
  /** A store that takes longer counts as away. */
  readonly timeoutMs?: number
  /** Is told why the store counts as away. */
  readonly onFailure?: (error: unknown) => void
}

const hundredths = (ms: number): number => Math.round(ms * 100) / 100

/**
 * Asks for the health of the service and its store.
 * All who ask at the same time share one ping, so that questions do not pile up on a store that hangs.
 */
export const healthCheck = (
  ledger: Pick<Ledger, 'store' | 'ping'>,
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

  const latency = async (): Promise<number | null> => {
    try {
      return hundredths(await ping())
    } catch (error) {
      onFailure(error)
      return null
    }
  }

  return async () => {
    const latencyMs = await latency()
    const status = latencyMs === null ? 'unavailable' : 'ok'
    return {
      status,
      service: 'analytics',
      uptimeSeconds: Math.floor((performance.now() - started) / 1000),
      store: { name: ledger.store, status, latencyMs },
    }
  }
}

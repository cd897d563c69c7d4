import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { crawl } from '@crawl-ledger/domain'
import { type Store, Writer } from '@crawl-ledger/log'
import { follow, Projector, type ProjectorStatus } from '@crawl-ledger/projector'
import { concatMap, defer, distinctUntilChanged, from, Subject } from 'rxjs'
import { makeCaughtUp, makeLag } from './catching-up.js'
import { makeHandle, makeHandlers } from './handlers.js'
import type { Ledger } from './ledger.js'
import { openStore } from './open-store.js'
import { makeHistory, makeStateAt, recordedEvents } from './time-travel.js'
import { makeMedia, makeView } from './views.js'

/** The part of a logger that is used; pino fits. */
export interface Logger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface LedgerOptions {
  /** `memory:`, `sqlite:FILE`, `mongodb://…` or `mongodb+srv://…`. Default `sqlite:crawl.db`. */
  readonly store?: string
  /** Fixed when the ledger is created. 1 to 1024; default 16. */
  readonly partitions?: number
  /** Whether a ledger is made where there is none; otherwise `NoLedger`. Default true. */
  readonly create?: boolean
  /** Connections to MongoDB. 1 to 1000; default 10. */
  readonly poolSize?: number
  /** Whether this process projects too. Default: yes on SQLite, no on MongoDB, where workers do. */
  readonly project?: boolean
  /** Makes the hash chain an HMAC. All who write and verify need the same. */
  readonly auditKey?: string
  /** This process's name in the commits it writes. Default: host, process and a random part. */
  readonly server?: string
  /** For how long a message is tried again while the store fails, in milliseconds. Default 10,000. */
  readonly retryForMs?: number
  readonly logger?: Logger
}

const report = (logger: Logger | undefined, status: ProjectorStatus): void => {
  if (status.state === 'running') logger?.info({}, 'projecting')
  if (status.state === 'waiting')
    logger?.warn({ error: status.error.message }, 'projecting waits for the store')
  if (status.state === 'failed') logger?.error({ error: status.error.message }, 'projecting has stopped')
}

/** A ledger over a store that is open already. */
export const ledgerOver = (
  store: Store,
  name: string,
  options: LedgerOptions & { project: boolean },
): Ledger => {
  const recorded = new Subject<void>()
  const writer = new Writer(store.log, {
    server: options.server ?? `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`,
    onRecorded: () => recorded.next(),
    ...(options.retryForMs === undefined ? {} : { retryForMs: options.retryForMs }),
  })
  const projector = options.project
    ? new Projector(store, { projection: crawl, signal: recorded })
    : undefined
  projector?.status
    .pipe(distinctUntilChanged((a, b) => a.state === b.state))
    .subscribe(status => report(options.logger, status))
  const locations = makeView(store.views, 'locations')
  return {
    store: name,
    partitions: store.log.partitions,
    handlers: makeHandlers(writer),
    handle: makeHandle(writer),
    workflows: makeView(store.views, 'workflows'),
    locations,
    media: makeMedia(store.views),
    analytics: async locationId => {
      const found = await locations.get(locationId)
      if (found === undefined) return undefined
      const { totalMediaItems, activeWorkflows, completedWorkflows, failedWorkflows, errorCount } = found
      const generatedAt = new Date().toISOString()
      return {
        locationId,
        totalMediaItems,
        activeWorkflows,
        completedWorkflows,
        failedWorkflows,
        errorCount,
        generatedAt,
      }
    },
    history: makeHistory(store.log),
    stateAt: makeStateAt(store.log),
    caughtUp: makeCaughtUp(store, projector),
    lag: makeLag(store),
    changes: () =>
      defer(() => store.log.tails()).pipe(
        concatMap(ends => follow(store.log, ends, recorded)),
        concatMap(commit => from(recordedEvents(commit))),
      ),
    ping: async () => {
      const start = performance.now()
      await store.ping()
      return performance.now() - start
    },
    close: async () => {
      await writer.idle()
      await projector?.stop()
      recorded.complete()
      await store.close()
    },
  }
}

/**
 * Opens a ledger, and makes it where there is none.
 *
 * @throws ConfigurationError when a setting cannot be used
 * @throws StoreUnavailable, StoreForbidden, StoreUnusable or LedgerMismatch when the store cannot
 */
export const openLedger = async (options: LedgerOptions = {}): Promise<Ledger> => {
  const { store, name, shared } = await openStore(options)
  return ledgerOver(store, name, { ...options, project: options.project ?? !shared })
}

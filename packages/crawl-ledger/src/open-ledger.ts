import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { crawl } from '@crawl-ledger/domain'
import {
  LedgerClosed,
  type Store,
  StoreForbidden,
  StoreRefuses,
  StoreUnavailable,
  Writer,
} from '@crawl-ledger/log'
import { type FoldFailure, otelMeter, Projector, type ProjectorStatus } from '@crawl-ledger/projector'
import { distinctUntilChanged, filter, Subject, takeUntil } from 'rxjs'
import { Asking } from './asking.js'
import { LateStore, watched } from './away/late-store.js'
import { StoreWatch, type StoreWatchOptions } from './away/store-watch.js'
import { makeCaughtUp, makeLag } from './catching-up.js'
import { makeChanges } from './changes.js'
import { makeHandle, makeHandlers } from './handlers.js'
import { directIntake, type Intake } from './intake.js'
import type { Ledger } from './ledger.js'
import { placeOf, settingsOf } from './open-store.js'
import { makeRecovery } from './recovery/recovery.js'
import { defaultSpoolMax } from './settings.js'
import { SpoolReporter } from './spool/reporter.js'
import { Spool } from './spool/spool.js'
import type { SpoolFile } from './spool/spool-file.js'
import { spoolView } from './spool/view.js'
import { observeGauges } from './telemetry/gauges.js'
import { observedHandling } from './telemetry/handling.js'
import { makeHistory, makeStateAt } from './time-travel.js'
import { makeViews } from './views.js'
import { makeWork } from './work/work.js'

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
  /**
   * Whether it is only read: no ledger is made, this process does not project, and on SQLite nothing is written, so that
   * a user who may not write can open the file. Default false.
   */
  readonly readOnly?: boolean
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
  /** The file in which messages wait while the store is away, this process's own; `off` (the default): they do not. */
  readonly spool?: string
  /** How many messages may wait there. 1 to 10,000,000; default 100,000. */
  readonly spoolMax?: number
  readonly logger?: Logger
}

const report = (logger: Logger | undefined, status: ProjectorStatus): void => {
  if (status.state === 'running') logger?.info({}, 'projecting')
  if (status.state === 'waiting')
    logger?.warn({ error: status.error.message }, 'projecting waits for the store')
  if (status.state === 'failed') logger?.error({ error: status.error.message }, 'projecting has stopped')
}

const reportStopped = (logger: Logger | undefined, { partition, position, error }: FoldFailure): void =>
  logger?.error({ partition, position, error: error.message }, 'projecting has stopped a partition')

export interface LedgerParts extends Omit<LedgerOptions, 'spool' | 'store'> {
  readonly project: boolean
  readonly spoolFile?: SpoolFile
  /** How soon the store counts as away, where that must not take as long as it usually does. */
  readonly patience?: Pick<StoreWatchOptions, 'patienceMs' | 'pingMs' | 'callMs'>
}

const reportAway = (logger: Logger | undefined, watch: StoreWatch): void => {
  watch.changes.pipe(filter(away => !away)).subscribe(() => logger?.info({}, 'the store is back'))
}

/** A ledger over a store that is open already or that opens when it can. */
export const ledgerOver = (base: Store | LateStore, name: string, options: LedgerParts): Ledger => {
  const { logger, spoolFile: file } = options
  const late = base instanceof LateStore ? base : new LateStore(async () => base, base)
  const watch = new StoreWatch(name, {
    ...options.patience,
    ping: () => late.ping(),
    away: late.now === undefined,
    onTrouble: error => logger?.warn({ error: (error as Error).message }, 'the store is away'),
  })
  reportAway(logger, watch)
  const store = watched(name, late, watch)
  const recorded = new Subject<void>()
  let spool: Spool | undefined
  const server = options.server ?? `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  let trouble: string | undefined
  const writer = new Writer(store.log, {
    server,
    onRecorded: () => {
      trouble = undefined
      recorded.next()
    },
    onTrouble: error => {
      // That it is away is told by who watches over it.
      const isRefusal = error instanceof StoreRefuses || error instanceof StoreForbidden
      if (!isRefusal || error.message === trouble) return
      trouble = error.message
      logger?.warn({ error: error.message }, 'the store refuses to record')
    },
    onGivenUp: (partition, message) => spool?.givenUp(partition, message),
    ...(options.retryForMs === undefined ? {} : { retryForMs: options.retryForMs }),
  })
  if (file !== undefined) {
    const max = options.spoolMax ?? defaultSpoolMax
    const reporter = new SpoolReporter(file.path, max, logger)
    spool = new Spool({ file, writer, watch, max, reporter, partitions: () => store.log.partitions })
  }
  const takeOpen = spool?.take ?? directIntake(writer, watch)
  let closing: Promise<void> | undefined
  const take: Intake = (incoming, intake) =>
    closing === undefined ? takeOpen(incoming, intake) : Promise.reject(new LedgerClosed(name))
  const projector = options.project
    ? new Projector(store, {
        projection: crawl,
        signal: recorded,
        meter: otelMeter(),
        onStopped: stop => reportStopped(logger, stop),
      })
    : undefined
  projector?.status
    .pipe(distinctUntilChanged((a, b) => a.state === b.state))
    .subscribe(status => report(options.logger, status))
  const views = makeViews(store.views, store.log)
  const handling = observedHandling()
  const asking = new Asking(name, store.log, writer, handling)
  const handle = makeHandle(take, handling)
  const view = spool === undefined ? undefined : spoolView(spool, name)
  const changes = makeChanges(store.log, recorded)
  const closed = new Subject<void>()
  const stopGauges = observeGauges(name, { isAway: () => watch.isAway, spool: view })
  const close = async (): Promise<void> => {
    stopGauges()
    await (spool?.close() ?? writer.idle())
    await projector?.stop()
    closed.next()
    recorded.complete()
    watch.close()
    await store.close()
  }
  return {
    store: name,
    get partitions() {
      return store.log.partitions
    },
    spool: view,
    handlers: makeHandlers(handle),
    handle,
    ...views,
    analytics: async locationId => {
      const found = await views.locations.get(locationId)
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
    recovery: makeRecovery({ log: store.log, views: store.views, asking, server }),
    work: makeWork({ views: store.views, asking, handle, server }),
    changes: options => changes(options).pipe(takeUntil(closed)),
    get isAway() {
      return watch.isAway
    },
    ping: async () => {
      const start = performance.now()
      await store.ping()
      return performance.now() - start
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** How long a start waits for a store before it goes on without. */
const startMs = 2000

/** Connects. With a spool a store that does not answer is no obstacle: it is looked for in the background. */
const atStart = async (late: LateStore, mayBeAway: boolean): Promise<void> => {
  if (!mayBeAway) {
    await late.connect()
    return
  }
  const pause = new AbortController()
  try {
    await Promise.race([late.connect(), delay(startMs, undefined, { signal: pause.signal })])
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  } finally {
    pause.abort()
  }
}

/**
 * Opens a ledger, and makes it where there is none.
 *
 * @throws ConfigurationError when a setting cannot be used
 * @throws StoreForbidden, StoreUnusable or LedgerMismatch when the store cannot
 * @throws StoreUnavailable when the store does not answer and there is no spool
 */
export const openLedger = async (options: LedgerOptions = {}): Promise<Ledger> => {
  const { name, shared, open } = placeOf(options)
  const { spool, spoolMax } = settingsOf(options)
  const spoolFile =
    spool === undefined ? undefined : (await import('./spool/spool-file.js')).SpoolFile.open(spool, name)
  const late = new LateStore(open)
  try {
    await atStart(late, spoolFile !== undefined)
  } catch (error) {
    spoolFile?.close()
    throw error
  }
  return ledgerOver(late, name, {
    ...options,
    spoolMax,
    project: options.project ?? !(shared || options.readOnly === true),
    ...(spoolFile === undefined ? {} : { spoolFile }),
  })
}

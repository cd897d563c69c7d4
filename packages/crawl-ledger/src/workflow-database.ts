import type { MessageType, WorkflowContext } from '@crawl-ledger/domain'
import { explain } from './explain.js'
import { contextOf } from './item-context.js'
import type { Ledger } from './ledger.js'
import { type LedgerOptions, type Logger, openLedger } from './open-ledger.js'
import { readSettings } from './settings.js'
import { Whereabouts } from './whereabouts.js'

/** The counters of a location, as the former persistence gave them. */
export interface LocationAnalytics {
  readonly locationId: string
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  /** ISO. */
  readonly generatedAt: string
}

export interface DatabaseHealth {
  readonly status: 'connected' | 'disconnected' | 'error'
  /** How long the store took to answer, in milliseconds. */
  readonly latency?: number
}

const warn = (logger: Logger | undefined, text: string): void => {
  if (logger === undefined) process.emitWarning(text)
  else logger.warn({}, text)
}

/** What `STORE`, `MONGODB_URI` and the other settings say, as options of a ledger. */
const optionsOfSettings = (): LedgerOptions => {
  const { store, poolSize, partitions, spool, spoolMax, auditKey } = readSettings(process.env)
  return {
    store,
    poolSize,
    spoolMax,
    ...(partitions === undefined ? {} : { partitions }),
    ...(spool === undefined ? {} : { spool }),
    ...(auditKey === undefined ? {} : { auditKey }),
  }
}

/**
 * The calls of the former system's persistence, over a ledger: static, awaited, and never throwing. What a context says
 * and was not known becomes events; what was known changes nothing. Not connected, they do nothing and say so once.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: that is how the services call it
export class WorkflowDatabase {
  private static ledger: Ledger | undefined
  private static whereabouts: Whereabouts | undefined
  private static logger: Logger | undefined
  private static isOurs = false
  private static hasTold = false
  private static failure: string | undefined

  /**
   * Opens a ledger for the calls. With `spool` in the options the store may be away, now and later.
   *
   * @param options default: as the settings say (`STORE`, else `MONGODB_URI`)
   * @returns whether it is connected; where not, the log says why, and without a logger a warning of the process
   */
  static async connect(options?: LedgerOptions): Promise<boolean> {
    await WorkflowDatabase.disconnect()
    WorkflowDatabase.logger = options?.logger
    try {
      WorkflowDatabase.over(await openLedger(options ?? optionsOfSettings()))
      WorkflowDatabase.isOurs = true
      return true
    } catch (error) {
      WorkflowDatabase.failure = explain(error)
      options?.logger?.error({ error: WorkflowDatabase.failure }, 'WorkflowDatabase is not connected')
      return false
    }
  }

  /** Uses a ledger that the service has open; `disconnect` leaves it open. */
  static async use(ledger: Ledger, logger?: Logger): Promise<void> {
    await WorkflowDatabase.disconnect()
    WorkflowDatabase.over(ledger)
    WorkflowDatabase.logger = logger
  }

  private static over(ledger: Ledger): void {
    WorkflowDatabase.ledger = ledger
    WorkflowDatabase.whereabouts = new Whereabouts(ledger)
  }

  /** Whether there is a database and it answers, as far as is known. */
  static get isConnected(): boolean {
    return WorkflowDatabase.ledger?.isAway === false
  }

  static async disconnect(): Promise<void> {
    const ledger = WorkflowDatabase.isOurs ? WorkflowDatabase.ledger : undefined
    WorkflowDatabase.ledger = undefined
    WorkflowDatabase.whereabouts = undefined
    WorkflowDatabase.isOurs = false
    WorkflowDatabase.hasTold = false
    WorkflowDatabase.failure = undefined
    if (ledger === undefined) return
    try {
      await ledger.close()
    } catch (error) {
      WorkflowDatabase.logger?.warn({ error: explain(error) }, 'the ledger could not be closed')
    }
  }

  /** Asks the database, for a service's health page. */
  static async healthCheck(): Promise<DatabaseHealth> {
    const { ledger } = WorkflowDatabase
    if (ledger === undefined) return { status: 'disconnected' }
    try {
      return { status: 'connected', latency: Math.round(await ledger.ping()) }
    } catch (error) {
      WorkflowDatabase.logger?.warn({ error: explain(error) }, 'the database does not answer')
      return { status: 'error' }
    }
  }

  static async saveWorkflow(context: WorkflowContext): Promise<void> {
    await WorkflowDatabase.save('save_workflow', context)
  }

  static async saveLocation(context: WorkflowContext): Promise<void> {
    await WorkflowDatabase.save('save_location', context)
  }

  /** Nothing happens without `itemId` and `itemUrl`. */
  static async saveMediaItem(context: WorkflowContext): Promise<void> {
    if (!context?.itemId || !context.itemUrl) return
    await WorkflowDatabase.save('save_media_item', context)
  }

  /**
   * The batch's context as it stands, up to what this process saved last; null where there is none. Who saved an item's
   * context finds the batch's here, and the item in `ledger.media`.
   */
  static async getWorkflow(batchId: string): Promise<WorkflowContext | null> {
    return WorkflowDatabase.read('workflow', async (ledger, whereabouts) => {
      const ref = await whereabouts.of(batchId)
      const found = ref === undefined ? undefined : await ledger.workflows.current(ref)
      return found === undefined ? null : contextOf(found)
    })
  }

  /** The counters of a location; null where nothing was told of it. */
  static async getLocationAnalytics(locationId: string): Promise<LocationAnalytics | null> {
    return WorkflowDatabase.read('location', async ledger => {
      const found = await ledger.analytics(locationId)
      if (found === undefined) return null
      const { totalMediaItems, activeWorkflows, completedWorkflows, generatedAt } = found
      return { locationId, totalMediaItems, activeWorkflows, completedWorkflows, generatedAt }
    })
  }

  private static open(): Ledger | undefined {
    const { ledger } = WorkflowDatabase
    if (ledger === undefined && !WorkflowDatabase.hasTold) {
      WorkflowDatabase.hasTold = true
      const why = WorkflowDatabase.failure ?? 'await WorkflowDatabase.connect() first.'
      warn(WorkflowDatabase.logger, `WorkflowDatabase is not connected, so nothing is kept: ${why}`)
    }
    return ledger
  }

  private static async save(type: MessageType, context: WorkflowContext): Promise<void> {
    const ledger = WorkflowDatabase.open()
    if (ledger === undefined) return
    const { logger } = WorkflowDatabase
    try {
      const receipt = await ledger.handle({ type, context })
      if (receipt.outcome === 'rejected' || receipt.outcome === 'unavailable')
        logger?.error({ type, ...receipt }, 'a context is not kept')
      else WorkflowDatabase.whereabouts?.note(context)
    } catch (error) {
      logger?.error({ type, error: explain(error) }, 'a context is not kept')
    }
  }

  private static async read<A>(
    what: string,
    work: (ledger: Ledger, whereabouts: Whereabouts) => Promise<A | null>,
  ): Promise<A | null> {
    const ledger = WorkflowDatabase.open()
    const { logger, whereabouts } = WorkflowDatabase
    if (ledger === undefined || whereabouts === undefined) return null
    try {
      return await work(ledger, whereabouts)
    } catch (error) {
      logger?.error({ what, error: explain(error) }, 'nothing can be read')
      return null
    }
  }
}

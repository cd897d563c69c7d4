import { randomUUID } from 'node:crypto'
import { canonical, type Json, type JsonObject, sha256 } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { explain } from './explain.js'
import type { Ledger } from './ledger.js'
import { descriptionOf } from './old-collections/location.js'
import { messagesOf, plainDocument } from './old-collections/messages-of.js'
import type { OldCollection, Unreadable } from './old-collections/old-document.js'
import { type LedgerOptions, type Logger, openLedger } from './open-ledger.js'

/**
 * An error is a fact each time it is told, and a context tells all of its errors each time it is saved: so an error's
 * id is its place and its text. Everything else is compared with what is known, and an id may come only once: a name
 * that is changed and changed back must not look like the first time.
 */
const told = (message: JsonObject): JsonObject => ({
  ...message,
  id: message.type === 'error' ? `saved-${sha256(canonical(message))}` : `saved-${randomUUID()}`,
})

const locationMessages = (context: object): E.Either<Unreadable, readonly JsonObject[]> => {
  const plain = plainDocument('locations', context)
  if (E.isLeft(plain)) return plain
  const description = descriptionOf(plain.right)
  if (E.isLeft(description)) return description
  const { location, ...rest } = description.right
  const named = Object.keys(location).length === 0 ? {} : { location }
  return E.right([{ type: 'location', ...(rest as { readonly [field: string]: Json }), ...named }])
}

const messagesIn = (
  collection: OldCollection,
  context: object,
): E.Either<Unreadable, readonly JsonObject[]> =>
  collection === 'locations' ? locationMessages(context) : messagesOf(collection, context)

const tellNotConnected = (logger: Logger | undefined, why: string): void => {
  const text = `WorkflowDatabase is not connected, so nothing is kept: ${why}`
  if (logger === undefined) process.emitWarning(text)
  else logger.warn({}, text)
}

/**
 * The calls of the former system's persistence, over a ledger: static, awaited, and never throwing. What a context says
 * and was not known becomes events; what was known changes nothing. Not connected, they do nothing and say so once.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: that is how the services call it
export class WorkflowDatabase {
  private static ledger: Ledger | undefined
  private static logger: Logger | undefined
  private static isOurs = false
  private static hasTold = false
  private static failure: string | undefined

  /**
   * Opens a ledger for the calls. With `spool` in the options the store may be away, now and later.
   *
   * @returns whether it is connected; where not, the log says why, and without a logger a warning of the process
   */
  static async connect(options: LedgerOptions = {}): Promise<boolean> {
    await WorkflowDatabase.disconnect()
    WorkflowDatabase.logger = options.logger
    try {
      WorkflowDatabase.ledger = await openLedger(options)
      WorkflowDatabase.isOurs = true
      return true
    } catch (error) {
      WorkflowDatabase.failure = explain(error)
      options.logger?.error({ error: WorkflowDatabase.failure }, 'WorkflowDatabase is not connected')
      return false
    }
  }

  /** Uses a ledger that the service has open; `disconnect` leaves it open. */
  static async use(ledger: Ledger, logger?: Logger): Promise<void> {
    await WorkflowDatabase.disconnect()
    WorkflowDatabase.ledger = ledger
    WorkflowDatabase.logger = logger
  }

  static get isConnected(): boolean {
    return WorkflowDatabase.ledger !== undefined
  }

  static async disconnect(): Promise<void> {
    const ledger = WorkflowDatabase.isOurs ? WorkflowDatabase.ledger : undefined
    WorkflowDatabase.ledger = undefined
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

  /** @param context a workflow: `locationId` and `batchId` (or `_id` of the form `LOCATION/BATCH`) and what is known of it */
  static async saveWorkflow(context: object): Promise<void> {
    await WorkflowDatabase.save('workflows', context)
  }

  /** @param context a location: `locationId` (or `_id`) and what is known of it */
  static async saveLocation(context: object): Promise<void> {
    await WorkflowDatabase.save('locations', context)
  }

  /** @param context a media item: `locationId`, `batchId` and `mediaId` (or `_id`) and what is known of it */
  static async saveMediaItem(context: object): Promise<void> {
    await WorkflowDatabase.save('media', context)
  }

  private static async save(collection: OldCollection, context: object): Promise<void> {
    const { ledger, logger } = WorkflowDatabase
    if (ledger === undefined) {
      if (!WorkflowDatabase.hasTold)
        tellNotConnected(logger, WorkflowDatabase.failure ?? 'await WorkflowDatabase.connect({ store })')
      WorkflowDatabase.hasTold = true
      return
    }
    try {
      const messages = messagesIn(collection, context ?? {})
      if (E.isLeft(messages)) {
        logger?.warn(
          { collection, _id: messages.left._id, reason: messages.left.reason },
          'a context is not kept',
        )
        return
      }
      const receipts = await Promise.all(messages.right.map(message => ledger.handle(told(message))))
      for (const receipt of receipts)
        if (receipt.outcome === 'rejected' || receipt.outcome === 'unavailable')
          logger?.error({ collection, ...receipt }, 'a part of a context is not kept')
    } catch (error) {
      logger?.error({ collection, error: explain(error) }, 'a context is not kept')
    }
  }
}

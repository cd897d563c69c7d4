import {
  auditMark,
  checkLedger,
  defaultPartitions,
  type Found,
  isIntact,
  isReadable,
  type LedgerRecord,
  ledgerFormat,
  NoLedger,
  type Store,
  sealer,
} from '@crawl-ledger/log'
import { mongoBuilds } from './builds.js'
import { type Connection, connect } from './connection.js'
import { makeIndexes } from './indexes.js'
import { mongoLeases } from './leases.js'
import { mongoLog } from './log.js'
import { moveIn } from './moving-in.js'
import { foundIn } from './read.js'
import { patient } from './swapping.js'
import { mongoViews } from './views.js'

export interface MongoOptions {
  /** Fixed when the ledger is created; later it may be left out and must not differ. Default 16. */
  readonly partitions?: number
  readonly auditKey?: string
  /** Whether a ledger is made where there is none. Default true. */
  readonly create?: boolean
  /** Connections at most. Default 10. */
  readonly poolSize?: number
  /** How long a server is looked for before it counts as away, in milliseconds. Default 5,000. */
  readonly serverSelectionMs?: number
  /**
   * Called with the names that collections have now which the ledger found under its views' names and did not make: when
   * it is made, and when a rebuild finds that former services have written into a view.
   */
  readonly onMovedIn?: (names: readonly string[]) => void
}

/** Finds the ledger or makes it. One that does not fit stays as it is; one of an older format becomes one of ours. */
const ledgerRecord = async (
  connection: Connection,
  { partitions, auditKey, create = true, onMovedIn }: MongoOptions,
): Promise<LedgerRecord> => {
  const { ledger, name } = connection
  if (create && (await ledger.findOne({ _id: 'ledger' })) === null) {
    const moved = await moveIn(connection)
    if (moved.length > 0) onMovedIn?.(moved)
    const audit = auditMark(auditKey)
    const record = { format: ledgerFormat, partitions: partitions ?? defaultPartitions, audit }
    await ledger.updateOne({ _id: 'ledger' }, { $setOnInsert: record }, { upsert: true })
  }
  const found = await ledger.findOne({ _id: 'ledger' })
  if (found === null) throw new NoLedger(name)
  const checked = checkLedger(name, found, { partitions, auditKey })
  const older = { _id: 'ledger', format: { $lt: ledgerFormat } } as const
  if (checked.format < ledgerFormat) await ledger.updateOne(older, { $set: { format: ledgerFormat } })
  if (checked.audit === undefined) await markAudit(connection, auditKey)
  return checked
}

const isSealedWith = (found: Found, auditKey: string | undefined): boolean =>
  isReadable(found) && isIntact(found, auditKey)

/** A ledger of 0.1 does not say which key seals it: where its log proves ours, it does from now on. */
const markAudit = async ({ ledger, events }: Connection, auditKey: string | undefined): Promise<void> => {
  const [commit] = await events.find().limit(1).toArray()
  if (commit !== undefined && !isSealedWith(foundIn(commit), auditKey)) return
  await ledger.updateOne(
    { _id: 'ledger', audit: { $exists: false } },
    { $set: { audit: auditMark(auditKey) } },
  )
}

/**
 * Opens a ledger in a MongoDB database and makes it where there is none.
 *
 * @param url a `mongodb:` or `mongodb+srv:` connection string
 * @throws StoreUnavailable when no server answers
 * @throws StoreForbidden when the user name or password is refused
 * @throws NoLedger when there is none and none is to be made
 * @throws LedgerMismatch when it was made with another number of partitions, with another audit key or by a newer version
 * @throws StoreUnusable when others keep documents where it is to be made, and there is no room for them
 */
export const openMongo = async (
  url: string,
  database: string,
  options: MongoOptions = {},
): Promise<Store> => {
  const connection = connect(url, database, options)
  const { run } = connection
  try {
    const { partitions } = await run(() => ledgerRecord(connection, options))
    // As long as it takes: there may be many documents.
    // The ping connects the probe meanwhile, so that its first question need not wait for a connection.
    await Promise.all([run(() => makeIndexes(connection), Number.POSITIVE_INFINITY), connection.ping()])
    return {
      log: mongoLog(connection, partitions, sealer(options.auditKey)),
      views: patient(connection, mongoViews(connection)),
      builds: mongoBuilds(connection, name => options.onMovedIn?.([name])),
      leases: mongoLeases(connection),
      ping: connection.ping,
      close: connection.close,
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

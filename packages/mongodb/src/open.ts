import { viewNames } from '@crawl-ledger/domain'
import {
  checkLedger,
  defaultPartitions,
  type LedgerRecord,
  ledgerFormat,
  NoLedger,
  type Store,
  sealer,
} from '@crawl-ledger/log'
import { makeViewIndex, mongoBuilds } from './builds.js'
import { type Connection, connect } from './connection.js'
import { mongoLeases } from './leases.js'
import { mongoLog } from './log.js'
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
}

/** What must be unique, and what a compare-and-set looks for. Making them again changes nothing. */
const makeIndexes = async (connection: Connection): Promise<void> => {
  const { events } = connection
  await events.createIndex({ partition: 1, stream: 1, version: 1 }, { unique: true })
  await events.createIndex({ partition: 1, 'messages.id': 1 }, { unique: true })
  for (const name of viewNames) await makeViewIndex(connection, name)
}

const ledgerRecord = async (
  { ledger, name }: Connection,
  { partitions = defaultPartitions, create = true }: MongoOptions,
): Promise<LedgerRecord> => {
  const record = { format: ledgerFormat, partitions }
  if (create) await ledger.updateOne({ _id: 'ledger' }, { $setOnInsert: record }, { upsert: true })
  const found = await ledger.findOne({ _id: 'ledger' })
  if (found === null) throw new NoLedger(name)
  return found
}

/**
 * Opens a ledger in a MongoDB database and makes it where there is none.
 *
 * @param url a `mongodb:` or `mongodb+srv:` connection string
 * @throws StoreUnavailable when no server answers
 * @throws StoreForbidden when the user name or password is refused
 * @throws NoLedger when there is none and none is to be made
 * @throws LedgerMismatch when it was made with another number of partitions or by a newer version
 */
export const openMongo = async (
  url: string,
  database: string,
  options: MongoOptions = {},
): Promise<Store> => {
  const connection = connect(url, database, options)
  const { db, run } = connection
  try {
    const record = await run(() => ledgerRecord(connection, options))
    const { partitions } = checkLedger(connection.name, record, options.partitions)
    // As long as it takes: there may be many documents.
    await run(() => makeIndexes(connection), Number.POSITIVE_INFINITY)
    return {
      log: mongoLog(connection, partitions, sealer(options.auditKey)),
      views: patient(connection, mongoViews(connection)),
      builds: mongoBuilds(connection),
      leases: mongoLeases(connection),
      ping: () =>
        run(async () => {
          await db.command({ ping: 1 })
        }),
      close: connection.close,
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

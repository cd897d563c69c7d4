import { existsSync } from 'node:fs'
import {
  checkLedger,
  defaultPartitions,
  type LedgerRecord,
  ledgerFormat,
  NoLedger,
  type Store,
  sealer,
} from '@crawl-ledger/log'
import { sqliteBuilds } from './builds.js'
import { type Connection, connect } from './connection.js'
import { sqliteLeases } from './leases.js'
import { sqliteLog } from './log.js'
import { ledgerSchema } from './schema.js'
import { makeTables } from './upgrade.js'
import { sqliteViews } from './views.js'

export interface SqliteOptions {
  /** Fixed when the ledger is created; later it may be left out and must not differ. Default 16. */
  readonly partitions?: number
  readonly auditKey?: string
  /** Whether a ledger is made where there is none. Default true. */
  readonly create?: boolean
}

/** Finds the ledger or makes it. One that does not fit stays as it is. */
const ledgerRecord = (connection: Connection, name: string, asked: number | undefined): LedgerRecord => {
  const { db, write } = connection
  return write(() => {
    db.exec(ledgerSchema)
    db.prepare("INSERT OR IGNORE INTO ledger (id, format, partitions) VALUES ('ledger', ?, ?)").run(
      ledgerFormat,
      asked ?? defaultPartitions,
    )
    const found = db.prepare('SELECT format, partitions FROM ledger').get() as LedgerRecord
    const checked = checkLedger(name, found, asked)
    db.prepare('UPDATE ledger SET format = ? WHERE format < ?').run(ledgerFormat, ledgerFormat)
    makeTables(connection)
    return checked
  })
}

/**
 * Opens a ledger in a SQLite file and makes it where there is none; `:memory:` lives as long as the process.
 *
 * @throws StoreUnusable when the file is no database or cannot be written
 * @throws NoLedger when there is no such file and none is to be made
 * @throws LedgerMismatch when it was made with another number of partitions or by a newer version
 */
export const openSqlite = (path: string, options: SqliteOptions = {}): Store => {
  const name = path === ':memory:' ? 'The database in memory' : `The SQLite file ${path}`
  if (options.create === false && path !== ':memory:' && !existsSync(path)) throw new NoLedger(name)
  const connection = connect(path, name)
  try {
    const { partitions } = ledgerRecord(connection, name, options.partitions)
    return {
      log: sqliteLog(connection, partitions, sealer(options.auditKey)),
      views: sqliteViews(connection),
      builds: sqliteBuilds(connection),
      leases: sqliteLeases(connection),
      ping: async () => {
        connection.read(() => connection.db.prepare('SELECT 1').get())
      },
      close: async () => connection.close(),
    }
  } catch (error) {
    connection.close()
    throw error
  }
}

import { existsSync } from 'node:fs'
import {
  auditMark,
  checkLedger,
  defaultPartitions,
  isIntact,
  isReadable,
  type LedgerRecord,
  ledgerFormat,
  NoLedger,
  type Store,
  sealer,
} from '@crawl-ledger/log'
import { sqliteBuilds } from './builds.js'
import { type Connection, connect } from './connection.js'
import type { Database } from './engine.js'
import { sqliteLeases } from './leases.js'
import { firstFound, sqliteLog } from './log.js'
import { ledgerSchema } from './schema.js'
import { hasColumn, makeTables } from './upgrade.js'
import { sqliteViews } from './views.js'

export interface SqliteOptions {
  /** Fixed when the ledger is created; later it may be left out and must not differ. Default 16. */
  readonly partitions?: number
  readonly auditKey?: string
  /** Whether a ledger is made where there is none. Default true. */
  readonly create?: boolean
}

type Row = Omit<LedgerRecord, 'audit'> & { readonly audit: string | null }

/** A ledger of 0.1 does not say which key seals it: where its log proves ours, it does from now on. */
const markAudit = (db: Database, auditKey: string | undefined): void => {
  const first = firstFound(db)
  if (first === undefined || (isReadable(first) && isIntact(first, auditKey)))
    db.prepare('UPDATE ledger SET audit = ? WHERE audit IS NULL').run(auditMark(auditKey))
}

/** Finds the ledger or makes it. One that does not fit stays as it is. */
const ledgerRecord = (
  connection: Connection,
  name: string,
  { partitions, auditKey }: SqliteOptions,
): LedgerRecord => {
  const { db, write } = connection
  return write(() => {
    db.exec(ledgerSchema)
    if (!hasColumn(db, 'ledger', 'audit')) db.exec('ALTER TABLE ledger ADD COLUMN audit TEXT')
    db.prepare("INSERT OR IGNORE INTO ledger (id, format, partitions, audit) VALUES ('ledger', ?, ?, ?)").run(
      ledgerFormat,
      partitions ?? defaultPartitions,
      auditMark(auditKey),
    )
    const { audit, ...found } = db.prepare('SELECT format, partitions, audit FROM ledger').get() as Row
    const checked = checkLedger(name, audit === null ? found : { ...found, audit }, { partitions, auditKey })
    db.prepare('UPDATE ledger SET format = ? WHERE format < ?').run(ledgerFormat, ledgerFormat)
    makeTables(connection)
    if (checked.audit === undefined) markAudit(db, auditKey)
    return checked
  })
}

/**
 * Opens a ledger in a SQLite file and makes it where there is none; `:memory:` lives as long as the process.
 *
 * @throws StoreUnusable when the file is no database or cannot be written
 * @throws NoLedger when there is no such file and none is to be made
 * @throws LedgerMismatch when it was made with another number of partitions, with another audit key or by a newer version
 */
export const openSqlite = (path: string, options: SqliteOptions = {}): Store => {
  const name = path === ':memory:' ? 'The database in memory' : `The SQLite file ${path}`
  if (options.create === false && path !== ':memory:' && !existsSync(path)) throw new NoLedger(name)
  const connection = connect(path, name)
  try {
    const { partitions } = ledgerRecord(connection, name, options)
    return {
      log: sqliteLog(connection, partitions, sealer(options.auditKey)),
      views: sqliteViews(connection),
      builds: sqliteBuilds(connection),
      leases: sqliteLeases(connection),
      ping: async () => connection.ping(),
      close: async () => connection.close(),
    }
  } catch (error) {
    connection.close()
    throw error
  }
}

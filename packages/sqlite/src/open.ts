import { existsSync } from 'node:fs'
import { viewNames } from '@crawl-ledger/domain'
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
  StoreUnusable,
  sealer,
} from '@crawl-ledger/log'
import { sqliteBuilds } from './builds.js'
import { type Connection, connect, connectToRead } from './connection.js'
import type { Database } from './engine.js'
import { sqliteLeases } from './leases.js'
import { firstFound, sqliteLog } from './log.js'
import { mayWrite } from './reading.js'
import { ledgerSchema } from './schema.js'
import { hasColumn, hasTable, makeTables } from './upgrade.js'
import { sqliteViews } from './views.js'

export interface SqliteOptions {
  /** Fixed when the ledger is created; later it may be left out and must not differ. Default 16. */
  readonly partitions?: number
  readonly auditKey?: string
  /** Whether a ledger is made where there is none. Default true. */
  readonly create?: boolean
  /** Whether it is only read: nothing is made or changed, and a user who may not write can open it. Default false. */
  readonly readOnly?: boolean
}

type Row = Omit<LedgerRecord, 'audit'> & { readonly audit: string | null }

/** A ledger of 0.1 does not say which key seals it: where its log proves ours, it does from now on. */
const markAudit = (db: Database, auditKey: string | undefined): void => {
  const first = firstFound(db)
  if (first === undefined || (isReadable(first) && isIntact(first, auditKey)))
    db.prepare('UPDATE ledger SET audit = ? WHERE audit IS NULL').run(auditMark(auditKey))
}

const checkedRecord = (name: string, { audit, ...found }: Row, expected: SqliteOptions): LedgerRecord =>
  checkLedger(name, audit === null ? found : { ...found, audit }, expected)

/** Finds the ledger or makes it. One that does not fit stays as it is. */
const ledgerRecord = (connection: Connection, name: string, options: SqliteOptions): LedgerRecord => {
  const { partitions, auditKey } = options
  const { db, write } = connection
  return write(() => {
    db.exec(ledgerSchema)
    if (!hasColumn(db, 'ledger', 'audit')) db.exec('ALTER TABLE ledger ADD COLUMN audit TEXT')
    db.prepare("INSERT OR IGNORE INTO ledger (id, format, partitions, audit) VALUES ('ledger', ?, ?, ?)").run(
      ledgerFormat,
      partitions ?? defaultPartitions,
      auditMark(auditKey),
    )
    const found = db.prepare('SELECT format, partitions, audit FROM ledger').get() as Row
    const checked = checkedRecord(name, found, options)
    db.prepare('UPDATE ledger SET format = ? WHERE format < ?').run(ledgerFormat, ledgerFormat)
    makeTables(connection)
    if (checked.audit === undefined) markAudit(db, auditKey)
    return checked
  })
}

const tables = ['events', 'messages', 'checkpoints', 'projections', 'leases', ...viewNames]

/** What a file says of the ledger in it, and whether that is as this version makes it. Nothing is changed. */
const recordIn = (
  db: Database,
  name: string,
  options: SqliteOptions,
): { partitions: number; isOurs: boolean } => {
  if (!['id', 'format', 'partitions'].every(column => hasColumn(db, 'ledger', column)))
    throw new NoLedger(name)
  const hasAudit = hasColumn(db, 'ledger', 'audit')
  const found = db
    .prepare(
      `SELECT format, partitions, ${hasAudit ? 'audit' : 'NULL AS audit'} FROM ledger WHERE id = 'ledger'`,
    )
    .get() as Row | undefined
  if (found === undefined) throw new NoLedger(name)
  const { format, partitions } = checkedRecord(name, found, options)
  const isOurs =
    format === ledgerFormat &&
    hasAudit &&
    tables.every(table => hasTable(db, table)) &&
    hasColumn(db, 'messages', 'stream')
  return { partitions, isOurs }
}

const storeOver = (connection: Connection, partitions: number, { auditKey }: SqliteOptions): Store => ({
  log: sqliteLog(connection, partitions, sealer(auditKey)),
  views: sqliteViews(connection),
  builds: sqliteBuilds(connection),
  leases: sqliteLeases(connection),
  ping: async () => connection.ping(),
  close: async () => connection.close(),
})

/** Gives what it makes of a connection, and closes that where it makes nothing of it. */
const over = <A>(connection: Connection, use: () => A | undefined): A | undefined => {
  let used: A | undefined
  try {
    used = use()
    return used
  } finally {
    if (used === undefined) connection.close()
  }
}

/** A ledger that is there; undefined where it is to be opened for writing: it is asked for, or an older version made it. */
const openExisting = (path: string, name: string, options: SqliteOptions): Store | undefined => {
  if (!existsSync(path)) throw new NoLedger(name)
  const connection = connectToRead(path, name)
  return over(connection, () => {
    const { partitions, isOurs } = connection.read(() => recordIn(connection.db, name, options))
    if (options.readOnly !== true) return undefined
    if (isOurs) return storeOver(connection, partitions, options)
    if (mayWrite(path)) return undefined
    throw new StoreUnusable(
      `${name} was made by an older version, and this user may not bring it up to date. Stop the processes of that version, ` +
        'and run crawl-replay status once as a user who may write it.',
    )
  })
}

/**
 * Opens a ledger in a SQLite file and makes it where there is none; `:memory:` lives as long as the process.
 *
 * @throws StoreUnusable when the file is no database, or cannot be written or read as it is to be
 * @throws NoLedger when there is none and none is to be made; the file is as it was then
 * @throws LedgerMismatch when it was made with another number of partitions, with another audit key or by a newer version
 */
export const openSqlite = (path: string, options: SqliteOptions = {}): Store => {
  const isInMemory = path === ':memory:'
  const name = isInMemory ? 'The database in memory' : `The SQLite file ${path}`
  const isThere = options.create === false || options.readOnly === true
  const existing = isThere && !isInMemory ? openExisting(path, name, options) : undefined
  if (existing !== undefined) return existing
  const connection = connect(path, name)
  try {
    return storeOver(connection, ledgerRecord(connection, name, options).partitions, options)
  } catch (error) {
    connection.close()
    throw error
  }
}

import type { Commit } from '@crawl-ledger/log'
import { messageColumns, messageValues } from './append.js'
import type { Connection } from './connection.js'
import type { Database } from './engine.js'
import { makeIndexes } from './indexes.js'
import { rowInserter } from './rows.js'
import { schema } from './schema.js'

const readAtOnce = 500

interface Row {
  readonly rowid: number
  readonly body: string
}

export const hasTable = (db: Database, table: string): boolean =>
  db.prepare("SELECT 1 AS there FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !==
  undefined

export const hasColumn = (db: Database, table: string, column: string): boolean =>
  db.prepare('SELECT 1 AS there FROM pragma_table_info(?) WHERE name = ?').get(table, column) !== undefined

/**
 * Makes the tables where they are absent. In a file of 0.1 a message's id was unique in a whole partition, which would go
 * on refusing what other workflows may use: what such a file says of messages is made anew from its log. To be called
 * within a transaction.
 */
export const makeTables = ({ db }: Pick<Connection, 'db'>): void => {
  const isOld = hasColumn(db, 'messages', 'id') && !hasColumn(db, 'messages', 'stream')
  if (isOld) db.exec('DROP TABLE messages')
  db.exec(schema)
  makeIndexes({ db })
  if (!isOld) return
  const insert = rowInserter(db, 'messages', messageColumns)
  const read = db.prepare(
    'SELECT rowid, CAST(body AS BLOB) AS body FROM events WHERE rowid > ? ORDER BY rowid LIMIT ?',
  )
  for (let last = 0; ; ) {
    const rows = read.all(last, readAtOnce) as Row[]
    insert(messageValues(rows.map(({ body }) => ({ commit: JSON.parse(body) as Commit }))))
    last = rows.at(-1)?.rowid ?? last
    if (rows.length < readAtOnce) return
  }
}

import { type ViewName, viewNames } from '@crawl-ledger/domain'
import { type FieldFilter, indexedFields } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

/** A field of a document's body, as statements must name it for an index on it to serve them. */
export const fieldOf = (field: FieldFilter['field']): string => `body ->> '$.${field}'`

interface Index {
  readonly name: string
  readonly sql: string
}

/**
 * Makes the indexes that the table of a view lacks. An index goes with its table when that is renamed, and keeps its own
 * name: after a rebuild it has the name of the table beside. To make it anew under the right name would hold up all
 * writers while millions of documents are read, so what a table has is told by what is indexed, and a name that is taken
 * by the index of another table gets a number.
 */
export const makeViewIndexes = (
  { db }: Pick<Connection, 'db'>,
  view: ViewName,
  table: string = view,
): void => {
  const ofTable = db.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
  )
  const isTaken = db.prepare('SELECT 1 AS taken FROM sqlite_master WHERE name = ?')
  const there = ofTable.all(table) as Index[]
  for (const field of indexedFields[view]) {
    const columns = `(${fieldOf(field)}, id)`
    if (there.some(({ sql }) => sql.endsWith(columns))) continue
    let name = `${table} by ${field}`
    for (let n = 2; isTaken.all(name).length > 0; n += 1) name = `${table} by ${field} ${n}`
    db.exec(`CREATE INDEX "${name}" ON "${table}" ${columns}`)
  }
}

/** Those of the views that are read. */
export const makeIndexes = (connection: Pick<Connection, 'db'>): void => {
  for (const view of viewNames) makeViewIndexes(connection, view)
}

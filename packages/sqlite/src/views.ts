import { type ViewDocument, type ViewName, viewNames } from '@crawl-ledger/domain'
import { type DocumentWrite, type FieldFilter, type Fold, prefixEnd, type ViewStore } from '@crawl-ledger/log'
import { sqliteCheckpoints } from './checkpoints.js'
import type { Connection } from './connection.js'
import type { Statement, Value } from './engine.js'
import { fieldOf } from './indexes.js'

/** Thrown inside the transaction to undo it. */
class Overtaken extends Error {}

/** The table that a view is kept in. */
export type Naming = (view: ViewName) => string

/** So many documents are inserted by one call: each call of the driver costs about as much as an insert. */
const insertedAtOnce = 10

const inserting = (table: string, rows: number): string =>
  `INSERT OR IGNORE INTO "${table}" (id, v, position, body) VALUES ${Array(rows).fill('(?, ?, ?, ?)').join(', ')}`

/** Bodies and keys are read as bytes, so that damaged ones are told from sound ones. */
const columns = 'CAST(id AS BLOB) AS id, v, position, CAST(body AS BLOB) AS body'

/** The documents with a text in a field, served by the index on it. */
export const listingBy = (table: string, field: FieldFilter['field']): string =>
  `SELECT ${columns} FROM "${table}" WHERE ${fieldOf(field)} = ? AND id >= ? AND id > ? AND id < ? ORDER BY "${table}".id LIMIT ?`

const statements = ({ db }: Connection, table: string) => ({
  get: db.prepare(`SELECT ${columns} FROM "${table}" WHERE id = ?`),
  insert: db.prepare(inserting(table, 1)),
  insertMany: db.prepare(inserting(table, insertedAtOnce)),
  replace: db.prepare(
    `UPDATE "${table}" SET v = ?, position = ?, body = ? WHERE id = ? AND v = ? AND position = ?`,
  ),
  list: db.prepare(
    `SELECT ${columns} FROM "${table}" WHERE id >= ? AND id > ? AND id < ? ORDER BY "${table}".id LIMIT ?`,
  ),
})

interface Row {
  readonly id: string
  readonly v: number
  readonly position: number
  readonly body: string
}

/** The columns count, by which a document is found and replaced; the body may have been changed from outside. */
const documentOf = (row: unknown): ViewDocument => {
  const { id, v, position, body } = row as Row
  return Object.assign(JSON.parse(body), { _id: id, v, position }) as ViewDocument
}

/** Greater than every text that begins with `prefix`. In SQLite every blob is greater than any text. */
const behind = (prefix: string): string | Buffer => prefixEnd(prefix) ?? Buffer.alloc(0)

/** Views in SQLite. Documents and checkpoints share one transaction. */
export const sqliteViews = (connection: Connection, tableOf: Naming = view => view): ViewStore => {
  const of = Object.fromEntries(viewNames.map(view => [view, statements(connection, tableOf(view))])) as {
    [V in ViewName]: ReturnType<typeof statements>
  }
  const checkpoints = sqliteCheckpoints(connection)
  const byField = new Map<string, Statement>()

  const listBy = (view: ViewName, field: FieldFilter['field']): Statement => {
    const text = listingBy(tableOf(view), field)
    const statement = byField.get(text) ?? connection.db.prepare(text)
    byField.set(text, statement)
    return statement
  }

  const replace = (view: ViewName, writes: readonly DocumentWrite[]): void => {
    for (const { document, expected } of writes) {
      if (expected === undefined) continue
      const { _id, v, position } = document
      const values = [v, position, JSON.stringify(document), _id, expected.v, expected.position]
      if (of[view].replace.run(...values).changes === 0) throw new Overtaken()
    }
  }

  const insert = (view: ViewName, writes: readonly DocumentWrite[]): void => {
    const rows = writes.flatMap(({ document, expected }) =>
      expected === undefined ? [[document._id, document.v, document.position, JSON.stringify(document)]] : [],
    )
    for (let i = 0; i < rows.length; ) {
      const count = rows.length - i < insertedAtOnce ? 1 : insertedAtOnce
      const statement = count === 1 ? of[view].insert : of[view].insertMany
      if (statement.run(...rows.slice(i, i + count).flat()).changes < count) throw new Overtaken()
      i += count
    }
  }

  const saveAll = ({ projection, writes, moves }: Fold): void => {
    for (const view of viewNames) {
      const ofView = writes.filter(write => write.view === view)
      replace(view, ofView)
      insert(view, ofView)
    }
    for (const to of moves) if (!checkpoints.move(projection, to)) throw new Overtaken()
  }

  return {
    isAtomic: true,
    checkpoints: async projection => connection.read(() => checkpoints.of(projection)),
    load: async (view, ids) =>
      connection.read(() =>
        ids.flatMap(id => {
          const row = of[view].get.get(id)
          return row === undefined ? [] : [documentOf(row)]
        }),
      ),
    save: async fold => {
      try {
        connection.write(() => saveAll(fold))
        return true
      } catch (error) {
        if (error instanceof Overtaken) return false
        throw error
      }
    },
    list: async (view, { prefix, after, limit, where }) =>
      connection.read(() => {
        const page: readonly Value[] = [prefix, after ?? '', behind(prefix), limit]
        const found =
          where === undefined
            ? of[view].list.all(...page)
            : listBy(view, where.field).all(where.value, ...page)
        return found.map(documentOf)
      }),
  }
}

import { type ViewName, viewNames } from '@crawl-ledger/domain'
import type { Builds, ProjectionRecord, ViewStore } from '@crawl-ledger/log'
import type { Connection } from './connection.js'
import { makeViewIndexes } from './indexes.js'
import { viewTable } from './schema.js'
import { hasTable } from './upgrade.js'
import { type Naming, sqliteViews } from './views.js'

/** The table of a view of a build that is made beside the one that is read. */
const beside =
  (build: number): Naming =>
  (view: ViewName) =>
    `${view}~${build}`

/** Builds of the views in SQLite: tables beside the ones that are read. */
export const sqliteBuilds = (connection: Connection): Builds => {
  const { db, read, write } = connection
  const getRecord = db.prepare('SELECT body FROM projections WHERE projection = ?')
  const insertRecord = db.prepare(
    'INSERT OR IGNORE INTO projections (body, revision, projection) VALUES (?, ?, ?)',
  )
  const replaceRecord = db.prepare(
    'UPDATE projections SET body = ?, revision = ? WHERE projection = ? AND revision = ?',
  )
  const forgetCheckpoints = db.prepare('DELETE FROM checkpoints WHERE projection = ?')

  const exists = (table: string): boolean => hasTable(db, table)

  const isSealed = (table: string): boolean =>
    exists(table) && db.prepare(`SELECT 1 AS there FROM "${table}" WHERE id = ''`).all().length > 0

  const swapView = (view: ViewName, table: string): void => {
    if (!isSealed(table)) return
    db.exec(`DROP TABLE "${view}"; ALTER TABLE "${table}" RENAME TO "${view}";`)
    db.exec(`DELETE FROM "${view}" WHERE id = ''`)
    makeViewIndexes(connection, view)
  }

  /**
   * Views for a builder who may be late: when its tables have been swapped or dropped, it finds nothing and writes
   * nothing.
   */
  const unlessGone = (views: ViewStore, tableOf: Naming): ViewStore => {
    const guarded = async <A>(work: Promise<A>, otherwise: A): Promise<A> => {
      try {
        return await work
      } catch (error) {
        if (read(() => viewNames.every(view => exists(tableOf(view))))) throw error
        return otherwise
      }
    }
    return {
      isAtomic: views.isAtomic,
      checkpoints: views.checkpoints,
      load: (view, ids) => guarded(views.load(view, ids), []),
      save: fold => guarded(views.save(fold), false),
      list: (view, page) => guarded(views.list(view, page), []),
    }
  }

  return {
    record: async projection =>
      read(() => {
        const [row] = getRecord.all(projection) as { body: string }[]
        return row === undefined ? undefined : (JSON.parse(row.body) as ProjectionRecord)
      }),
    put: async record =>
      write(() => {
        const { projection, revision } = record
        const values = [JSON.stringify(record), revision, projection]
        const { changes } =
          revision === 1 ? insertRecord.run(...values) : replaceRecord.run(...values, revision - 1)
        return changes > 0
      }),
    open: async build => {
      const tableOf = beside(build)
      write(() => {
        for (const view of viewNames) {
          db.exec(viewTable(view, tableOf(view)))
          makeViewIndexes(connection, view, tableOf(view))
        }
      })
      return unlessGone(sqliteViews(connection, tableOf), tableOf)
    },
    // The seal is a row whose key no document has and no list shows.
    seal: async build =>
      write(() => {
        for (const table of viewNames.map(beside(build)))
          if (exists(table))
            db.exec(`INSERT OR IGNORE INTO "${table}" (id, v, position, body) VALUES ('', ${build}, 0, '{}')`)
      }),
    swap: async build =>
      write(() => {
        for (const view of viewNames) swapView(view, beside(build)(view))
      }),
    drop: async build =>
      write(() => {
        for (const table of viewNames.map(beside(build))) db.exec(`DROP TABLE IF EXISTS "${table}"`)
      }),
    forget: async projection => {
      write(() => forgetCheckpoints.run(projection))
    },
  }
}

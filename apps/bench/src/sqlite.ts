import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '@crawl-ledger/sqlite'
import { type Engine, sqliteEngine } from '@crawl-ledger/sqlite/engine'
import { collections, type Subject, writesOf } from './subject.js'

const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'

const { DatabaseSync } = sqliteEngine()

/** SQLite through the engine's own interface. */
export const sqliteSubject = (): Subject => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-bench-'))
  let files = 0
  const file = (): string => join(folder, `${++files}.db`)
  const inside = <A>(db: InstanceType<Engine['DatabaseSync']>, work: () => A): A => {
    db.exec('BEGIN IMMEDIATE')
    const result = work()
    db.exec('COMMIT')
    return result
  }
  return {
    name: 'SQLite',
    fresh: () => `sqlite:${file()}`,
    inserts: async (commits, batch) => {
      const path = file()
      await openSqlite(path).close()
      const db = new DatabaseSync(path)
      db.exec(pragmas)
      const event = db.prepare(
        'INSERT OR IGNORE INTO events (partition, position, stream, version, prev, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      const message = db.prepare(
        'INSERT OR IGNORE INTO messages (partition, stream, id, digest, position) VALUES (?, ?, ?, ?, ?)',
      )
      for (let i = 0; i < commits.length; i += batch) {
        inside(db, () => {
          for (const { prev, hash, ...body } of commits.slice(i, i + batch)) {
            const { partition, position, stream, version, messages } = body
            event.run(partition, position, stream, version, prev, hash, JSON.stringify(body))
            for (const { id, digest } of messages) message.run(partition, stream, id, digest, position)
          }
        })
        await new Promise(resolve => setImmediate(resolve))
      }
      db.close()
    },
    direct: async () => {
      const db = new DatabaseSync(file())
      db.exec(pragmas)
      const statements = Object.fromEntries(
        Object.entries(collections).map(([into, { indexes }]) => {
          db.exec(`CREATE TABLE ${into} (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID`)
          for (const field of indexes)
            db.exec(`CREATE INDEX "${into} by ${field}" ON ${into} (body ->> '$.${field}', id)`)
          return [
            into,
            db.prepare(
              `INSERT INTO ${into} (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
            ),
          ]
        }),
      )
      return {
        write: async message => {
          for (const { into, id, document } of writesOf(message))
            await statements[into]?.run(id, JSON.stringify(document))
        },
        close: async () => {
          db.close()
        },
      }
    },
    logBytes: async url => {
      const db = new DatabaseSync(url.slice('sqlite:'.length))
      // The table of the messages' ids is an index of them: the log has them in its commits.
      const columns = ['partition', 'position', 'stream', 'version', 'prev', 'hash', 'body']
      const sum = columns.map(column => `octet_length(${column})`).join(' + ')
      const { bytes } = db.prepare(`SELECT total(${sum}) AS bytes FROM events`).get() as { bytes: number }
      db.close()
      return bytes
    },
    readAndWrite: async url => {
      const source = new DatabaseSync(url.slice('sqlite:'.length))
      for (const { body } of source.prepare('SELECT body FROM events').iterate() as Iterable<{
        body: string
      }>)
        JSON.parse(body)
      const target = new DatabaseSync(file())
      target.exec(pragmas)
      for (const view of ['workflows', 'locations', 'media']) {
        target.exec(
          `CREATE TABLE ${view} (id TEXT PRIMARY KEY, v, position, body TEXT NOT NULL) WITHOUT ROWID`,
        )
        const insert = target.prepare(`INSERT INTO ${view} (id, v, position, body) VALUES (?, ?, ?, ?)`)
        const rows = source.prepare(`SELECT id, v, position, body FROM ${view}`).all() as {
          id: string
          v: number
          position: number
          body: string
        }[]
        for (let i = 0; i < rows.length; i += 1000)
          inside(target, () => {
            for (const { id, v, position, body } of rows.slice(i, i + 1000))
              insert.run(id, v, position, JSON.stringify(JSON.parse(body)))
          })
      }
      source.close()
      target.close()
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

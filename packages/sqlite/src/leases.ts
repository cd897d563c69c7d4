import { type Lease, type Leases, prefixEnd } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

/** Whoever shares the file shares the machine, and its clock. */
const now = "unixepoch('subsec')"

interface Row {
  readonly name: string
  readonly owner: string
  readonly expired: number
}

const leaseOf = ({ name, owner, expired }: Row): Lease => ({ name, owner, expired: expired === 1 })

/** Leases in SQLite. */
export const sqliteLeases = (connection: Connection): Leases => {
  const { db, read, write } = connection
  const listed = db.prepare(
    `SELECT name, owner, until <= ${now} AS expired FROM leases WHERE name >= ? AND name < ? ORDER BY name`,
  )
  const taking = db.prepare(
    `INSERT INTO leases (name, owner, until) VALUES (?, ?, ${now} + ? / 1000.0)
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
     WHERE owner = excluded.owner OR until <= ${now}`,
  )
  const releasing = db.prepare('DELETE FROM leases WHERE name = ? AND owner = ?')
  return {
    // In SQLite every blob is greater than any text.
    list: async prefix =>
      read(() => listed.all(prefix, prefixEnd(prefix) ?? Buffer.alloc(0)).map(row => leaseOf(row as Row))),
    take: async (owner, names, forMs) =>
      names.length === 0 ? [] : write(() => names.filter(name => taking.run(name, owner, forMs).changes > 0)),
    release: async (owner, names) => {
      if (names.length > 0)
        write(() => {
          for (const name of names) releasing.run(name, owner)
        })
    },
  }
}

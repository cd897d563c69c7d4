import { type ViewDocument, type ViewName, viewNames } from '@crawl-ledger/domain'
import { type Checkpoint, type DocumentWrite, type Fold, prefixEnd, type ViewStore } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

/** Thrown inside the transaction to undo it. */
class Overtaken extends Error {}

const statements = ({ db }: Connection, view: ViewName) => ({
  get: db.prepare(`SELECT body FROM ${view} WHERE id = ?`),
  insert: db.prepare(`INSERT OR IGNORE INTO ${view} (id, v, position, body) VALUES (?, ?, ?, ?)`),
  replace: db.prepare(
    `UPDATE ${view} SET v = ?, position = ?, body = ? WHERE id = ? AND v = ? AND position = ?`,
  ),
  list: db.prepare(`SELECT body FROM ${view} WHERE id >= ? AND id > ? AND id < ? ORDER BY id LIMIT ?`),
})

const documentOf = (row: unknown): ViewDocument => JSON.parse((row as { body: string }).body) as ViewDocument

/** Greater than every text that begins with `prefix`. In SQLite every blob is greater than any text. */
const behind = (prefix: string): string | Buffer => prefixEnd(prefix) ?? Buffer.alloc(0)

/** Views in SQLite. Documents and checkpoints share one transaction. */
export const sqliteViews = (connection: Connection): ViewStore => {
  const { db } = connection
  const of = Object.fromEntries(viewNames.map(view => [view, statements(connection, view)])) as {
    [V in ViewName]: ReturnType<typeof statements>
  }
  const getCheckpoints = db.prepare(
    'SELECT partition, position, hash, digest FROM checkpoints WHERE projection = ? ORDER BY partition',
  )
  const insertCheckpoint = db.prepare(
    'INSERT OR IGNORE INTO checkpoints (projection, partition, position, hash, digest) VALUES (?, ?, ?, ?, ?)',
  )
  const moveCheckpoint = db.prepare(
    'UPDATE checkpoints SET position = ?, hash = ?, digest = ? WHERE projection = ? AND partition = ? AND position = ?',
  )

  const put = ({ view, document, expected }: DocumentWrite): number => {
    const { _id, v, position } = document
    const body = JSON.stringify(document)
    return expected === undefined
      ? of[view].insert.run(_id, v, position, body).changes
      : of[view].replace.run(v, position, body, _id, expected.v, expected.position).changes
  }

  const move = (
    projection: string,
    from: number,
    { partition, position, hash, digest }: Checkpoint,
  ): number =>
    from === 0
      ? insertCheckpoint.run(projection, partition, position, hash, digest).changes
      : moveCheckpoint.run(position, hash, digest, projection, partition, from).changes

  const saveAll = ({ projection, writes, moves }: Fold): void => {
    for (const write of writes) if (put(write) === 0) throw new Overtaken()
    for (const { from, to } of moves) if (move(projection, from, to) === 0) throw new Overtaken()
  }

  return {
    checkpoints: async projection => connection.read(() => getCheckpoints.all(projection) as Checkpoint[]),
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
    list: async (view, { prefix, after, limit }) =>
      connection.read(() => of[view].list.all(prefix, after ?? '', behind(prefix), limit).map(documentOf)),
  }
}

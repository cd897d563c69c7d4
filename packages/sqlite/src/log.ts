import type { StreamId } from '@crawl-ledger/domain'
import {
  type Commit,
  type KnownMessage,
  type Log,
  PlaceTaken,
  type Positions,
  type Seal,
  type StreamEnd,
} from '@crawl-ledger/log'
import { appender } from './append.js'
import type { Connection } from './connection.js'

interface Row {
  readonly body: string
  readonly prev: string
  readonly hash: string
}

export const commitOf = (row: unknown): Commit => {
  const { body, prev, hash } = row as Row
  return Object.assign(JSON.parse(body), { prev, hash })
}

/** Bodies and keys are read as bytes, so that damaged ones are told from sound ones. */
export const commitColumns = 'CAST(body AS BLOB) AS body, prev, hash'

/** A log in SQLite. A flight is one transaction, so positions have no holes. */
export const sqliteLog = (connection: Connection, partitions: number, seal: Seal): Log => {
  const { db } = connection
  const { together, kept, oneByOne, fill, restore, tail } = appender(connection, seal)
  const knownMessage = db.prepare(
    'SELECT digest, position FROM messages WHERE partition = ? AND stream = ? AND id = ?',
  )
  const readAfter = db.prepare(
    `SELECT ${commitColumns} FROM events WHERE partition = ? AND position > ? ORDER BY position LIMIT ?`,
  )
  const readStream = db.prepare(
    `SELECT ${commitColumns} FROM events WHERE partition = ? AND stream = ? AND version > ? ORDER BY version`,
  )

  return {
    partitions,
    flights: 1,
    append: async drafts => {
      if (drafts.length === 0) return []
      const landings = connection.attempt(() => together(drafts))
      if (landings === undefined) return connection.write(() => oneByOne(drafts))
      kept(landings)
      return landings
    },
    fill: async holes => connection.write(() => fill(holes)),
    restore: async commits => {
      const taken = connection.write(() => restore(commits))
      if (taken !== undefined) throw new PlaceTaken('The SQLite file', taken.partition, taken.position)
    },
    read: async (after: Positions, limit: number) =>
      connection.read(() => {
        const found: Commit[] = []
        for (const [partition, position] of after) {
          if (found.length >= limit) break
          for (const row of readAfter.all(partition, position, limit - found.length))
            found.push(commitOf(row))
        }
        return found
      }),
    readStreams: async (ends: readonly StreamEnd[]) =>
      connection.read(() =>
        ends.flatMap(
          ({ partition, stream, version }: { partition: number; stream: StreamId; version: number }) =>
            readStream.all(partition, stream, version).map(row => commitOf(row)),
        ),
      ),
    findMessages: async (partition, stream, ids) =>
      connection.read(() =>
        ids.flatMap(id => {
          const row = knownMessage.get(partition, stream, id) as Omit<KnownMessage, 'id'> | undefined
          return row === undefined ? [] : [{ id, digest: row.digest, position: row.position }]
        }),
      ),
    now: async () => new Date().toISOString(),
    tails: async () =>
      connection.read(
        () => new Map(Array.from({ length: partitions }, (_, partition) => [partition, tail(partition)])),
      ),
  }
}

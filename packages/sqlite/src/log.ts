import type { StreamId } from '@crawl-ledger/domain'
import {
  type Found,
  foundAt,
  type KnownMessage,
  type Log,
  PlaceTaken,
  type Positions,
  type Seal,
  type StreamEnd,
} from '@crawl-ledger/log'
import { appender } from './append.js'
import type { Connection } from './connection.js'
import { textOf } from './engine.js'

interface Row {
  readonly position: number
  /** Bytes where it holds a NUL: so it was bound. */
  readonly stream: string | Uint8Array
  readonly body: Uint8Array
  readonly prev: string
  readonly hash: string
}

/** Bodies and keys are read as bytes, so that damaged ones are told from sound ones. */
const commitColumns = 'position, stream, CAST(body AS BLOB) AS body, prev, hash'

const commitIn = ({ body, prev, hash }: Row): unknown => {
  const value: unknown = JSON.parse(textOf('body', body))
  return typeof value === 'object' && value !== null ? Object.assign(value, { prev, hash }) : value
}

/** What stands in a row of `events` as it was read: its columns say where, whatever its body says. */
const foundIn = (partition: number, row: unknown): Found => {
  const { position, stream } = row as Row
  const name = typeof stream === 'string' ? stream : Buffer.from(stream).toString()
  return foundAt({ partition, position, stream: name }, () => commitIn(row as Row))
}

/** The first commit of the log; undefined where there is none. */
export const firstFound = (db: Connection['db']): Found | undefined => {
  const [row] = db.prepare(`SELECT partition, ${commitColumns} FROM events LIMIT 1`).raw()
  return row === undefined ? undefined : foundIn((row as { partition: number }).partition, row)
}

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
        const found: Found[] = []
        for (const [partition, position] of after) {
          if (found.length >= limit) break
          for (const row of readAfter.raw(partition, position, limit - found.length))
            found.push(foundIn(partition, row))
        }
        return found
      }),
    readStreams: async (ends: readonly StreamEnd[]) =>
      connection.read(() =>
        ends.flatMap(
          ({ partition, stream, version }: { partition: number; stream: StreamId; version: number }) =>
            readStream.raw(partition, stream, version).map(row => foundIn(partition, row)),
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

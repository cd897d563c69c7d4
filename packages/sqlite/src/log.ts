import { canonical, type Json, type StreamId } from '@crawl-ledger/domain'
import type { Commit, Draft, KnownMessage, Landing, Log, Positions, Seal, StreamEnd } from '@crawl-ledger/log'
import { voidCommit } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

interface Row {
  readonly body: string
  readonly prev: string
  readonly hash: string
}

/** The most bytes of a commit, as in a MongoDB document, so that a log can move to another store. */
export const maxCommitBytes = 16 * 1024 * 1024

const commitOf = ({ body, prev, hash }: Row): Commit => Object.assign(JSON.parse(body), { prev, hash })

const columns = 'body, prev, hash'

/** A log in SQLite. A flight is one transaction, so positions have no holes. */
export const sqliteLog = (connection: Connection, partitions: number, seal: Seal): Log => {
  const { db } = connection
  const lastPosition = db.prepare('SELECT max(position) AS position FROM events WHERE partition = ?')
  const knownMessage = db.prepare('SELECT id, digest, position FROM messages WHERE partition = ? AND id = ?')
  const insertCommit = db.prepare(
    'INSERT OR IGNORE INTO events (partition, position, stream, version, prev, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertMessage = db.prepare(
    'INSERT OR IGNORE INTO messages (partition, id, digest, position) VALUES (?, ?, ?, ?)',
  )
  const deleteMessage = db.prepare('DELETE FROM messages WHERE partition = ? AND id = ?')
  const readAfter = db.prepare(
    `SELECT ${columns} FROM events WHERE partition = ? AND position > ? ORDER BY position LIMIT ?`,
  )
  const readStream = db.prepare(
    `SELECT ${columns} FROM events WHERE partition = ? AND stream = ? AND version > ? ORDER BY version`,
  )

  const tail = (partition: number): number => {
    const row = lastPosition.get(partition) as { position: number | null }
    return row.position ?? 0
  }

  /** Takes the message ids, or none of them when one is known already. */
  const takeIds = (
    { partition, messages }: Pick<Draft, 'partition' | 'messages'>,
    position: number,
  ): boolean => {
    for (const [i, { id, digest }] of messages.entries()) {
      if (insertMessage.run(partition, id, digest, position).changes === 1) continue
      for (const taken of messages.slice(0, i)) deleteMessage.run(partition, taken.id)
      return false
    }
    return true
  }

  const put = ({ partition, position, stream, version, prev, hash }: Commit, body: string): boolean =>
    insertCommit.run(partition, position, stream, version, prev, hash, body).changes === 1

  const land = (draft: Draft, position: number, at: string): Landing => {
    const { commit, text } = seal(draft, position, at)
    const bytes = text.length > maxCommitBytes / 4 ? Buffer.byteLength(text) : text.length
    if (bytes > maxCommitBytes) return { tag: 'too-large', bytes, limit: maxCommitBytes }
    if (!takeIds(draft, position)) return { tag: 'taken' }
    if (put(commit, text)) return { tag: 'landed', commit }
    for (const { id } of draft.messages) deleteMessage.run(draft.partition, id)
    return { tag: 'taken' }
  }

  const appendAll = (drafts: readonly Draft[]): readonly Landing[] => {
    const tails = new Map<number, number>()
    const at = new Date().toISOString()
    return drafts.map(draft => {
      const position = (tails.get(draft.partition) ?? tail(draft.partition)) + 1
      const landing = land(draft, position, at)
      tails.set(draft.partition, landing.tag === 'landed' ? position : position - 1)
      return landing
    })
  }

  return {
    partitions,
    flights: 1,
    append: async drafts => (drafts.length === 0 ? [] : connection.write(() => appendAll(drafts))),
    fill: async holes =>
      connection.write(() => {
        for (const { partition, position } of holes) {
          const filler = voidCommit(seal, partition, position)
          const { prev: _prev, hash: _hash, ...body } = filler
          if (put(filler, canonical(body as unknown as Json))) takeIds(filler, position)
        }
      }),
    read: async (after: Positions, limit: number) =>
      connection.read(() => {
        const found: Commit[] = []
        for (const [partition, position] of after) {
          if (found.length >= limit) break
          for (const row of readAfter.all(partition, position, limit - found.length))
            found.push(commitOf(row as Row))
        }
        return found
      }),
    readStreams: async (ends: readonly StreamEnd[]) =>
      connection.read(() =>
        ends.flatMap(
          ({ partition, stream, version }: { partition: number; stream: StreamId; version: number }) =>
            readStream.all(partition, stream, version).map(row => commitOf(row as Row)),
        ),
      ),
    findMessages: async (partition, ids) =>
      connection.read(() =>
        // `all`, since `get` adds a field of its own to the row.
        ids.flatMap(id => knownMessage.all(partition, id) as KnownMessage[]),
      ),
    tails: async () =>
      connection.read(
        () => new Map(Array.from({ length: partitions }, (_, partition) => [partition, tail(partition)])),
      ),
  }
}

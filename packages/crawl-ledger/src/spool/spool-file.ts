import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Json, Rejection } from '@crawl-ledger/domain'
import { type Database, EngineMissing, openDatabase, resultOf } from '@crawl-ledger/sqlite/engine'
import { ConfigurationError } from '../errors.js'

/** A message that waits for the store. */
export interface SpooledMessage {
  /** The order in which messages were handed in. */
  readonly seq: number
  readonly locationId: string
  /** When it was handed in, ISO. */
  readonly receivedAt: string
  /** The message as JSON. */
  readonly message: string
  /** What else goes into the commit beside it, as JSON. */
  readonly context: string
}

/** A message that was kept and that the ledger did not take in the end. */
export interface RefusedMessage {
  /** Its number in the spool. */
  readonly seq: number
  /** When it was handed in and when it was refused, ISO. */
  readonly receivedAt: string
  readonly refusedAt: string
  readonly message: Json
  readonly rejection: Rejection
}

export interface Settled {
  /** What is in the log now. */
  readonly done: readonly number[]
  readonly refused: readonly { readonly seq: number; readonly at: string; readonly rejection: Rejection }[]
}

const schema = `
  CREATE TABLE IF NOT EXISTS spool (store TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS waiting (
    seq INTEGER PRIMARY KEY, location TEXT NOT NULL, receivedAt TEXT NOT NULL, bytes INTEGER NOT NULL,
    message TEXT NOT NULL, context TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS refused (
    seq INTEGER PRIMARY KEY, receivedAt TEXT NOT NULL, refusedAt TEXT NOT NULL, message TEXT NOT NULL,
    rejection TEXT NOT NULL
  );
`

const opened = (path: string): Database => {
  try {
    return openDatabase(path)
  } catch (cause) {
    throw unusable(path, cause)
  }
}

const unusable = (path: string, cause: unknown): ConfigurationError => {
  if (cause instanceof EngineMissing) return new ConfigurationError('SPOOL', cause.message, { cause })
  const name = resultOf(cause)?.name
  const folder = dirname(resolve(path))
  const advice = existsSync(folder)
    ? `it cannot be used as a database file${name === undefined ? '' : ` (${name})`}. ` +
      'Name a file that may be read and written.'
    : `there is no folder ${folder}. Create it, or name another file.`
  return new ConfigurationError('SPOOL', `${path}: ${advice}`, { cause })
}

/** Holds the file's lock until it is given back or this process ends, however it ends. */
const locked = (path: string): Database => {
  const lock = opened(`${path}-lock`)
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (resultOf(cause)?.name !== 'SQLITE_BUSY') throw unusable(path, cause)
    throw new ConfigurationError(
      'SPOOL',
      `${path} is in use by another process, or by another ledger of this one. Give each a file of its own.`,
    )
  }
}

/** The messages that wait, in a SQLite file of this process alone. What it has answered to is on the disk. */
export class SpoolFile {
  private readonly counts: { waiting: number; refused: number }
  private last: number

  private constructor(
    readonly path: string,
    private readonly lock: Database,
    private readonly db: Database,
  ) {
    const count = (table: string): { n: number; last: number } =>
      db.prepare(`SELECT count(*) AS n, coalesce(max(seq), 0) AS last FROM ${table}`).all()[0] as {
        n: number
        last: number
      }
    const [waiting, refused] = [count('waiting'), count('refused')]
    this.counts = { waiting: waiting.n, refused: refused.n }
    this.last = Math.max(waiting.last, refused.last)
  }

  /**
   * @param store the name of the store that the messages are for
   * @throws ConfigurationError when it is in use, cannot be used, or holds messages for another store
   */
  static open(path: string, store: string): SpoolFile {
    const lock = locked(path)
    const db = opened(path)
    try {
      db.exec(`PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${schema}`)
      const file = new SpoolFile(path, lock, db)
      file.belongTo(store)
      return file
    } catch (error) {
      db.close()
      lock.exec('ROLLBACK')
      lock.close()
      throw error instanceof ConfigurationError ? error : unusable(path, error)
    }
  }

  get waiting(): number {
    return this.counts.waiting
  }

  get refused(): number {
    return this.counts.refused
  }

  /** The number of the next message to be handed in. */
  nextSeq(): number {
    this.last += 1
    return this.last
  }

  /** How many messages of each location wait. */
  byLocation(): readonly { readonly location: string; readonly count: number }[] {
    return this.db
      .prepare(
        'SELECT CAST(location AS BLOB) AS location, count(*) AS count FROM waiting GROUP BY waiting.location',
      )
      .all() as {
      location: string
      count: number
    }[]
  }

  /** When the oldest message that waits was handed in, ISO. */
  oldest(): string | undefined {
    const [row] = this.db.prepare('SELECT receivedAt FROM waiting ORDER BY seq LIMIT 1').all()
    return (row as { receivedAt: string } | undefined)?.receivedAt
  }

  /** All of them or none. */
  add(messages: readonly SpooledMessage[]): void {
    if (messages.length === 0) return
    this.write(() => this.insert(messages))
    this.counts.waiting += messages.length
  }

  /** The first messages that wait: at most `most`, and about `bytes` in all. */
  first(most: number, bytes: number): readonly SpooledMessage[] {
    const sizes = this.db.prepare('SELECT seq, bytes FROM waiting ORDER BY seq LIMIT ?').all(most) as {
      seq: number
      bytes: number
    }[]
    let sum = 0
    const last = sizes.find((size, i) => {
      sum += size.bytes
      return sum >= bytes || i === sizes.length - 1
    })
    return this.db
      .prepare(
        'SELECT seq, CAST(location AS BLOB) AS locationId, receivedAt, CAST(message AS BLOB) AS message, CAST(context AS BLOB) AS context FROM waiting WHERE seq <= ? ORDER BY seq',
      )
      .all(last?.seq ?? 0) as SpooledMessage[]
  }

  /** Takes out what was settled and puts in new ones; all of it or nothing. */
  settle({ done, refused }: Settled, added: readonly SpooledMessage[]): void {
    this.write(() => {
      const keep = this.db.prepare(
        'INSERT INTO refused SELECT seq, receivedAt, ?, message, ? FROM waiting WHERE seq = ?',
      )
      for (const { seq, at, rejection } of refused) keep.run(at, JSON.stringify(rejection), seq)
      const remove = this.db.prepare('DELETE FROM waiting WHERE seq = ?')
      for (const seq of [...done, ...refused.map(({ seq }) => seq)]) remove.run(seq)
      this.insert(added)
    })
    this.counts.waiting += added.length - done.length - refused.length
    this.counts.refused += refused.length
  }

  refusals(after: number, most: number): readonly RefusedMessage[] {
    const rows = this.db
      .prepare(
        'SELECT seq, receivedAt, refusedAt, CAST(message AS BLOB) AS message, rejection FROM refused WHERE seq > ? ORDER BY seq LIMIT ?',
      )
      .all(after, most) as { [column in keyof RefusedMessage]: string }[]
    return rows.map(({ seq, receivedAt, refusedAt, message, rejection }) => ({
      seq: Number(seq),
      receivedAt,
      refusedAt,
      message: JSON.parse(message),
      rejection: JSON.parse(rejection),
    }))
  }

  /** Removes refused messages. How many there were. */
  forget(seqs: readonly number[]): number {
    let removed = 0
    this.write(() => {
      const remove = this.db.prepare('DELETE FROM refused WHERE seq = ?')
      for (const seq of seqs) removed += remove.run(seq).changes
    })
    this.counts.refused -= removed
    return removed
  }

  close(): void {
    this.db.close()
    this.lock.exec('ROLLBACK')
    this.lock.close()
  }

  /** Messages of one store must not get into another. */
  private belongTo(store: string): void {
    const [row] = this.db.prepare('SELECT store FROM spool').all() as { store: string }[]
    if (row?.store === store) return
    if (row !== undefined && this.waiting > 0)
      throw new ConfigurationError(
        'SPOOL',
        `${this.path} holds messages for ${row.store}, and STORE names ${store}. ` +
          'Name another file, or start once with that STORE so that they get where they belong.',
      )
    this.write(() => {
      this.db.exec('DELETE FROM spool')
      this.db.prepare('INSERT INTO spool (store) VALUES (?)').run(store)
    })
  }

  private insert(messages: readonly SpooledMessage[]): void {
    const insert = this.db.prepare(
      'INSERT INTO waiting (seq, location, receivedAt, bytes, message, context) VALUES (?, ?, ?, ?, ?, ?)',
    )
    for (const { seq, locationId, receivedAt, message, context } of messages)
      insert.run(seq, locationId, receivedAt, message.length + context.length, message, context)
  }

  private write(work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.db.exec('COMMIT')
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw error
    }
  }
}

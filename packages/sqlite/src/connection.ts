import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreUnusable } from '@crawl-ledger/log'
import { type Database, EngineMissing, openDatabase, resultOf } from './engine.js'
import { isDamage, isForbidden, storeError } from './errors.js'
import { wayToRead } from './reading.js'
import { sameFile } from './same-file.js'

/** A database file and the two ways to use it. */
export interface Connection {
  readonly db: Database
  /** Runs as one transaction: all of it or nothing. */
  write<A>(work: () => A): A
  /** The same, and nothing, too, where the answer is undefined. */
  attempt<A>(work: () => A | undefined): A | undefined
  read<A>(work: () => A): A
  /** Throws where the file is not in its place any more, or is damaged. */
  ping(): void
  close(): void
}

/** An engine says little of why a file cannot be opened, so the one usual reason is looked for. */
const opened = (path: string, store: string, open: () => Database): Database => {
  try {
    return open()
  } catch (cause) {
    if (cause instanceof EngineMissing) throw storeError(store, cause)
    const folder = dirname(path)
    const advice = existsSync(folder)
      ? 'Check that it is a file that may be read and written, or name another one in STORE.'
      : `There is no folder ${folder}. Create it, or name another file in STORE.`
    throw new StoreUnusable(`${store} cannot be opened. ${advice}`, { cause })
  }
}

/**
 * Moves what is in the -wal file into the file. SQLite does so when the last connection is closed; but the package closes
 * one only when all of its statements are collected as garbage, which a process that ends does not wait for.
 */
const checkpoint = (db: Database): void => {
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // What stays there is found by whoever opens the file next.
    if (resultOf(error) === undefined) throw error
  }
}

interface Opening {
  readonly path: string
  readonly store: string
  /** Settings, and a first reading: only then SQLite opens the files beside it. */
  readonly first: string
  /** Throws where what would be read is not to be relied on. */
  readonly check?: () => void
  readonly closing?: (db: Database) => void
}

const connection = (db: Database, { path, store, first, check, closing }: Opening): Connection => {
  /** Once the engine has said so, nothing that is written can be relied on. */
  let damage: unknown
  const guarded = <A>(work: () => A): A => {
    try {
      return work()
    } catch (error) {
      const known = storeError(store, error)
      if (isDamage(error)) damage ??= known
      throw known
    }
  }
  try {
    guarded(() => db.exec(first))
  } catch (error) {
    db.close()
    throw error
  }
  const file = sameFile(path, store)
  const isSound = (): void => {
    if (damage !== undefined) throw damage
    file.look()
  }
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const transaction = <A>(work: () => A, isKept: (result: A) => boolean): A =>
    guarded(() => {
      isSound()
      begin.run()
      try {
        const result = work()
        if (isKept(result)) commit.run()
        else db.exec('ROLLBACK')
        // Before anybody is told: also where it took long, it is in a file that was in its place a moment ago.
        file.look()
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    })
  return {
    db,
    read: work =>
      guarded(() => {
        file.look()
        const found = work()
        check?.()
        return found
      }),
    ping: () =>
      guarded(() => {
        isSound()
        db.exec('SELECT 1')
      }),
    write: work => transaction(work, () => true),
    attempt: work => transaction(work, result => result !== undefined),
    close: () => {
      if (closing !== undefined && db.isOpen && file.isInPlace()) closing(db)
      db.close()
    },
  }
}

const reading = 'PRAGMA busy_timeout = 1000; SELECT 1 FROM sqlite_master'

/**
 * Opens a file (or `:memory:`).
 * `synchronous=FULL`: what has a receipt is on the disk. WAL: readers do not wait for the writer.
 */
export const connect = (path: string, store: string): Connection =>
  connection(
    opened(path, store, () => openDatabase(path)),
    {
      path,
      store,
      first: `PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${reading}`,
      closing: checkpoint,
    },
  )

/** Opens a file that is there to be read: nothing in it is changed. */
export const connectToRead = (path: string, store: string): Connection => {
  const { open, check, advice } = wayToRead(path, store)
  const db = opened(path, store, open)
  try {
    return connection(db, { path, store, first: `PRAGMA query_only = ON; ${reading}`, check })
  } catch (error) {
    if (!isForbidden(error)) throw error
    throw new StoreUnusable(`${store} cannot be read. ${advice}`, { cause: error })
  }
}

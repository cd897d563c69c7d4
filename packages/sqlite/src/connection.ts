import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreUnusable } from '@crawl-ledger/log'
import { type Database, EngineMissing, openDatabase } from './engine.js'
import { storeError } from './errors.js'

/** A database file and the two ways to use it. */
export interface Connection {
  readonly db: Database
  /** Runs as one transaction: all of it or nothing. */
  write<A>(work: () => A): A
  /** The same, and nothing, too, where the answer is undefined. */
  attempt<A>(work: () => A | undefined): A | undefined
  read<A>(work: () => A): A
  close(): void
}

/** An engine says little of why a file cannot be opened, so the one usual reason is looked for. */
const opened = (path: string, store: string): Database => {
  try {
    return openDatabase(path)
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
 * Opens a file (or `:memory:`).
 * `synchronous=FULL`: what has a receipt is on the disk. WAL: readers do not wait for the writer.
 */
export const connect = (path: string, store: string): Connection => {
  const guarded = <A>(work: () => A): A => {
    try {
      return work()
    } catch (error) {
      throw storeError(store, error)
    }
  }
  const db = opened(path, store)
  try {
    guarded(() =>
      db.exec('PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'),
    )
  } catch (error) {
    db.close()
    throw error
  }
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const transaction = <A>(work: () => A, isKept: (result: A) => boolean): A =>
    guarded(() => {
      begin.run()
      try {
        const result = work()
        if (isKept(result)) commit.run()
        else db.exec('ROLLBACK')
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    })
  return {
    db,
    read: guarded,
    write: work => transaction(work, () => true),
    attempt: work => transaction(work, result => result !== undefined),
    close: () => db.close(),
  }
}

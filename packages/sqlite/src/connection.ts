import Database from 'libsql'
import { storeError } from './errors.js'

/** A database file and the two ways to use it. */
export interface Connection {
  readonly db: Database.Database
  /** Runs as one transaction: all of it or nothing. */
  write<A>(work: () => A): A
  read<A>(work: () => A): A
  close(): void
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
  const db = guarded(() => {
    const opened = new Database(path)
    opened.exec('PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    return opened
  })
  return {
    db,
    read: guarded,
    write: work =>
      guarded(() => {
        db.exec('BEGIN IMMEDIATE')
        try {
          const result = work()
          db.exec('COMMIT')
          return result
        } catch (error) {
          if (db.inTransaction) db.exec('ROLLBACK')
          throw error
        }
      }),
    close: () => db.close(),
  }
}

import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StoreUnusable } from '@crawl-ledger/log'
import { type Database, openDatabase } from './engine.js'

const may = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** Whether this user may use the file as SQLite does, which keeps two more beside it. */
export const mayWrite = (path: string): boolean => {
  const real = realpathSync(path)
  return may(real, constants.W_OK) && may(dirname(real), constants.W_OK)
}

/** How a file is opened that is only read. */
interface Way {
  readonly open: () => Database
  /** Throws where what is read this way may not be what is in the file. */
  readonly check: () => void
  /** What to do where SQLite refuses. */
  readonly advice: string
}

const holdsSomething = (path: string): boolean => existsSync(path) && statSync(path).size > 0

/**
 * Who may write opens the file as all do: SQLite takes away what it made beside it when it is closed. Who may not makes
 * nothing beside it, which would be in the way of those who may: a file without a -wal is read as one that stays as it is.
 */
export const wayToRead = (path: string, store: string): Way => {
  const real = realpathSync(path)
  const check = (): void => {}
  const advice = 'Check that it is a database file that this user may read, or name another file in STORE.'
  if (mayWrite(path)) return { open: () => openDatabase(path), check, advice }
  if (!may(real, constants.R_OK))
    throw new StoreUnusable(`${store} cannot be read. Let this user read it, or name another file in STORE.`)
  const wal = `${real}-wal`
  if (holdsSomething(wal))
    return {
      open: () => openDatabase(path, { readOnly: true }),
      check,
      advice:
        `A part of it is in ${wal}, which SQLite cannot read here. Run this as the user of its services, or copy both ` +
        'files into a folder of your own and name the copy in STORE.',
    }
  const url = `${pathToFileURL(real).href}?immutable=1`
  return {
    open: () => openDatabase(url, { readOnly: true }),
    advice,
    check: () => {
      if (holdsSomething(wal))
        throw new StoreUnusable(
          `${store} is written by another process since this one began to read it. Run it again.`,
        )
    },
  }
}

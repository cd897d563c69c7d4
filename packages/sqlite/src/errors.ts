import { StoreError, StoreUnavailable, StoreUnusable } from '@crawl-ledger/log'
import { DamagedText, EngineMissing } from './engine.js'
import { resultOf } from './results.js'

/** Whether the engine says that what is in the file is not what it wrote there. */
export const isDamage = (error: unknown): boolean => resultOf(error)?.meaning === 'damaged'

/** Whether a store's error is that this user may not do it. */
export const isForbidden = (error: unknown): boolean =>
  error instanceof StoreUnusable && resultOf(error.cause)?.meaning === 'forbidden'

/** SQLite's errors as a store's. Anything else is a mistake of ours and stays as it is. */
export const storeError = (store: string, error: unknown): unknown => {
  if (error instanceof StoreError) return error
  if (error instanceof EngineMissing)
    return new StoreUnusable(`${store} cannot be opened. ${error.message}`, { cause: error })
  if (error instanceof DamagedText)
    return new StoreUnusable(
      `${store} holds a damaged row: ${error.message}. Find it with crawl-replay verify, and take the file from a backup.`,
      { cause: error },
    )
  const { name, meaning } = resultOf(error) ?? {}
  switch (meaning) {
    case undefined:
      return error
    case 'later':
      return new StoreUnavailable(store, error)
    case 'forbidden':
      return new StoreUnusable(
        `${store} cannot be written (${name}). Let this user write the file and its folder, where SQLite keeps two more ` +
          'files beside it, or name another file in STORE.',
        { cause: error },
      )
    case 'damaged':
      return new StoreUnusable(
        name === 'SQLITE_NOTADB'
          ? `${store} is no database file, or not any more (${name}). Nothing is recorded into it. Name another file in STORE, or put a backup in its place.`
          : `${store} is damaged (${name}). Nothing more is recorded into it. Stop all processes that use it, and put a backup in its place.`,
        { cause: error },
      )
    case 'unusable':
      return new StoreUnusable(
        `${store} cannot be used as a database file (${name}). Name another file in STORE, or mend this one.`,
        { cause: error },
      )
  }
}

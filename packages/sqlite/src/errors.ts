import { StoreError, StoreUnavailable, StoreUnusable } from '@crawl-ledger/log'

/**
 * SQLite's result codes, and what they mean for a store. `later`: it would work another time. `forbidden`: this user may
 * not write the file, or make those beside it.
 */
const meanings: ReadonlyMap<number, readonly [name: string, meaning: 'later' | 'forbidden' | 'unusable']> =
  new Map([
    [3, ['SQLITE_PERM', 'forbidden']],
    [5, ['SQLITE_BUSY', 'later']],
    [6, ['SQLITE_LOCKED', 'later']],
    [8, ['SQLITE_READONLY', 'forbidden']],
    [9, ['SQLITE_INTERRUPT', 'later']],
    [10, ['SQLITE_IOERR', 'later']],
    [11, ['SQLITE_CORRUPT', 'unusable']],
    [13, ['SQLITE_FULL', 'later']],
    [14, ['SQLITE_CANTOPEN', 'forbidden']],
    [15, ['SQLITE_PROTOCOL', 'later']],
    [23, ['SQLITE_AUTH', 'unusable']],
    [26, ['SQLITE_NOTADB', 'unusable']],
  ])

/** An extended code has the plain one in its last byte; the driver has no name for some of those. */
const meaningOf = (error: unknown) =>
  error instanceof Error && 'rawCode' in error && typeof error.rawCode === 'number'
    ? meanings.get(error.rawCode & 0xff)
    : undefined

/** SQLite's errors as a store's. Anything else is a mistake of ours and stays as it is. */
export const storeError = (store: string, error: unknown): unknown => {
  if (error instanceof StoreError) return error
  const [name, meaning] = meaningOf(error) ?? []
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
    case 'unusable':
      return new StoreUnusable(
        `${store} cannot be used as a database file (${name}). Name another file in STORE, or mend this one.`,
        { cause: error },
      )
  }
}

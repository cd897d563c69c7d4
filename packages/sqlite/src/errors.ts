import { StoreError, StoreUnavailable, StoreUnusable } from '@crawl-ledger/log'

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** What SQLite says when it would work another time: locked, interrupted, or the disk did not take it. */
const transient = /^SQLITE_(BUSY|LOCKED|IOERR|FULL|INTERRUPT|PROTOCOL)/
const unusable = /^SQLITE_(NOTADB|CORRUPT|READONLY|CANTOPEN|PERM|AUTH)/

/** SQLite's errors as a store's. Anything else is a mistake of ours and stays as it is. */
export const storeError = (store: string, error: unknown): unknown => {
  const code = codeOf(error)
  if (error instanceof StoreError) return error
  if (transient.test(code)) return new StoreUnavailable(store, error)
  if (unusable.test(code))
    return new StoreUnusable(
      `${store} cannot be used as a database file (${code}). Name another file in STORE, or mend this one.`,
      { cause: error },
    )
  return error
}

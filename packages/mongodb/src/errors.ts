import { StoreError, StoreForbidden, StoreUnavailable } from '@crawl-ledger/log'
import { MongoError, MongoServerError } from 'mongodb'

/** Server codes for a user that is unknown, has another password, or may not do this. */
const forbidden = new Set([13, 18, 8000])

export const duplicateKey = 11000

/** The driver's errors as a store's. Anything else is a mistake of ours and stays as it is. */
export const storeError = (store: string, error: unknown): unknown => {
  if (error instanceof StoreError || !(error instanceof MongoError)) return error
  if (error instanceof MongoServerError && forbidden.has(Number(error.code)))
    return new StoreForbidden(store, error)
  return new StoreUnavailable(store, error)
}

/** Whether the server judged what it was sent, so that the same again would have the same answer. */
export const isVerdict = (error: unknown): boolean =>
  !(error instanceof MongoError) ||
  (error instanceof MongoServerError && !error.hasErrorLabel('RetryableWriteError') && !isPassing(error)) ||
  error.name === 'MongoInvalidArgumentError'

/** Lock time-outs, write conflicts, elections and shutdowns: they pass. Codes of the MongoDB server. */
const passing = new Set([
  6, 7, 24, 46, 50, 64, 89, 91, 112, 189, 202, 262, 9001, 10107, 11600, 11602, 13435, 13436,
])

const isPassing = (error: MongoServerError): boolean => passing.has(Number(error.code))

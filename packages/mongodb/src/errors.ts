import { StoreError, StoreForbidden, StoreUnavailable } from '@crawl-ledger/log'
import { MongoBulkWriteError, MongoError, MongoServerError, type WriteError } from 'mongodb'

/** Server codes for a user that is unknown, has another password, or may not do this. */
const forbidden = new Set([13, 18, 8000])

export const duplicateKey = 11000

/** A connection that broke, as Node says it: the driver lets some of these through as they are. */
const broken = new Set([
  'EPIPE',
  'ECONNRESET',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_SOCKET_CLOSED',
])

const isBroken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ('syscall' in error || broken.has(String(error.code)))

/**
 * The driver's errors as a store's. Anything else is a mistake of ours and stays as it is.
 *
 * @param setting where the store's address was given; by default `STORE`
 */
export const storeError = (store: string, error: unknown, setting?: string): unknown => {
  if (isBroken(error)) return new StoreUnavailable(store, error, setting)
  if (error instanceof StoreError || !(error instanceof MongoError)) return error
  if (error instanceof MongoServerError && forbidden.has(Number(error.code)))
    return new StoreForbidden(store, error, setting)
  return new StoreUnavailable(store, error, setting)
}

/**
 * What the server said of single writes of many. undefined where it said nothing: the driver wraps a connection that
 * was lost in the same class, with an empty list, and then not one of the writes is known to be done.
 */
export const refusals = (error: unknown): readonly WriteError[] | undefined => {
  if (!(error instanceof MongoBulkWriteError)) return undefined
  const errors = [error.writeErrors].flat()
  return errors.length > 0 && error.result.getWriteConcernError() === undefined ? errors : undefined
}

/** What failed in truth, where the driver wrapped it as an error of many writes. */
const unwrapped = (error: unknown): unknown =>
  error instanceof MongoBulkWriteError && error.errorResponse instanceof Error ? error.errorResponse : error

/** Whether the server judged what it was sent, so that the same again would have the same answer. */
export const isVerdict = (error: unknown): boolean => {
  const reason = unwrapped(error)
  if (!(reason instanceof MongoError)) return !isBroken(reason)
  if (reason.name === 'MongoInvalidArgumentError') return true
  return (
    reason instanceof MongoServerError && !reason.hasErrorLabel('RetryableWriteError') && !isPassing(reason)
  )
}

/** Lock time-outs, write conflicts, elections and shutdowns: they pass. Codes of the MongoDB server. */
const passing = new Set([
  6, 7, 24, 46, 50, 64, 89, 91, 112, 189, 202, 262, 9001, 10107, 11600, 11602, 13435, 13436,
])

const isPassing = (error: MongoServerError): boolean => passing.has(Number(error.code))

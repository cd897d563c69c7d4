import { StoreError, StoreForbidden, StoreRefuses, StoreUnavailable } from '@crawl-ledger/log'
import {
  BSON,
  MongoBulkWriteError,
  MongoError,
  MongoInvalidArgumentError,
  MongoServerError,
  type WriteError,
} from 'mongodb'

/** Codes of the MongoDB server for a user who is unknown or has another password, and for one who may not do it. */
const wrongPassword = new Set([18, 8000])
const noRight = 13

/** Lock time-outs, write conflicts, elections and shutdowns: they pass, and the server is as good as away. */
const passing = new Set([
  6, 7, 24, 46, 50, 64, 89, 91, 112, 189, 202, 262, 9001, 10107, 11600, 11602, 13435, 13436,
])

/** What refusals that last mean, and what to do. */
const refusalsKnown: ReadonlyMap<number, string> = new Map([
  [14031, 'has no room left on its disk (code 14031). Make room there; what waits is tried again.'],
  [16500, 'is asked for more than it may do (code 16500). Raise its limit, or run fewer services.'],
])

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
  return error instanceof MongoServerError && error.code !== undefined
    ? serverError(store, Number(error.code), error, setting)
    : new StoreUnavailable(store, error, setting)
}

/** What a code of the server means for the store. */
export const serverError = (store: string, code: number, cause: unknown, setting = 'STORE'): StoreError => {
  if (wrongPassword.has(code)) return new StoreForbidden(store, cause, setting)
  if (code === noRight) return new StoreForbidden(store, cause, setting, 'right')
  if (passing.has(code)) return new StoreUnavailable(store, cause, setting)
  const why =
    refusalsKnown.get(code) ??
    `answers, but refuses what it was asked (code ${code}). Look that code up in MongoDB's list of errors, and check ${setting}; what waits is tried again.`
  return new StoreRefuses(store, why, cause)
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

/**
 * Codes of the MongoDB server that speak of the document it was given: no other time would it take it. Every other code
 * is trouble of the server, known or not.
 */
const documentCodes: ReadonlyMap<number, string> = new Map([
  [2, 'BadValue'],
  [9, 'FailedToParse'],
  [14, 'TypeMismatch'],
  [15, 'Overflow'],
  [22, 'InvalidBSON'],
  [52, 'DollarPrefixedFieldName'],
  [53, 'InvalidIdField'],
  [54, 'NotSingleValueField'],
  [55, 'InvalidDBRef'],
  [56, 'EmptyFieldName'],
  [57, 'DottedFieldName'],
  [121, 'DocumentValidationFailure'],
  [10334, 'BSONObjectTooLarge'],
  [17280, 'KeyTooLong'],
])

/** Why no server takes such a document, without a word of the server's; undefined where its code says nothing of the document. */
export const documentFault = (code: unknown): string | undefined => {
  const name = documentCodes.get(Number(code))
  return name === undefined ? undefined : `MongoDB refuses it with code ${code}, ${name}`
}

/** Why what was sent cannot be a document; undefined where the error says nothing of it. */
export const encodingFault = (error: unknown): string | undefined => {
  const reason = unwrapped(error)
  if (reason instanceof MongoServerError) return documentFault(reason.code)
  if (reason instanceof MongoInvalidArgumentError || BSON.BSONError.isBSONError(reason)) return reason.message
  // Of a buffer that is too small for it.
  return reason instanceof RangeError ? 'it is too long to be encoded' : undefined
}

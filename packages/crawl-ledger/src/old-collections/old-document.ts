import { canonical, type Json, type JsonObject, sha256, type ViewName } from '@crawl-ledger/domain'

/** The collections of the former system. The views of a ledger have the same names. */
export type OldCollection = ViewName

/** A document as the former, upserting code left it, as plain JSON. */
export interface OldDocument {
  readonly collection: OldCollection
  readonly document: JsonObject
}

/** A document that is not imported, or not whole. */
export interface Unreadable {
  readonly collection: OldCollection
  readonly _id: Json
  /** What is wrong with it, for a person. */
  readonly reason: string
}

export const unreadable = (collection: OldCollection, document: JsonObject, reason: string): Unreadable => ({
  collection,
  _id: document._id ?? null,
  reason,
})

/** Makes the messages of one document. */
export type Draft = (type: string, part: string | number, fields: JsonObject) => JsonObject

/**
 * Messages with ids that depend on nothing but the document's key and on which of its messages it is: when the same
 * documents are imported again, the log knows them.
 */
export const drafting =
  (collection: OldCollection, document: JsonObject, of: { locationId: string; batchId: string }): Draft =>
  (type, part, fields) => ({
    ...fields,
    ...of,
    id: `imported-${sha256(canonical([collection, document._id ?? null, type, part]))}`,
    type,
  })

/** The fields that every message has. */
export const envelopeFields = ['id', 'type', 'batchId', 'locationId', 'at']

/** `{ [name]: value }`, or nothing where there is no value. */
export const perhaps = (name: string, value: Json | undefined): JsonObject =>
  value === undefined ? {} : { [name]: value }

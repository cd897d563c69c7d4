import type { Json, JsonObject, ViewName } from '@crawl-ledger/domain'

/** The collections of the former system. The views of a ledger have the same names. */
export type OldCollection = ViewName

/** A document as the former, upserting code left it, as plain JSON. */
export interface OldDocument {
  readonly collection: OldCollection
  readonly document: JsonObject
}

/** A document that is not imported. */
export interface Unreadable {
  readonly collection: OldCollection
  readonly _id: Json
  /** What is wrong with it, for a person. */
  readonly reason: string
}

import type { Json, JsonObject, ViewName } from '@crawl-ledger/domain'
import { Binary, Decimal128, type Document, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb'
import { collectionNames, foreignDocuments } from './collections.js'
import { connect } from './connection.js'
import { storeError } from './errors.js'
import { beforeName } from './moving-in.js'

/** The order of reading. */
const collections: readonly ViewName[] = ['locations', 'workflows', 'media']

/** A number that JSON holds exactly enough, else its text. */
const number = (value: number, text: string): Json => (Number.isFinite(value) ? value : text)

/** A value of the driver as plain JSON. */
export const plainValue = (value: unknown): Json => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (value === undefined) return null
  if (typeof value === 'number') return number(value, String(value))
  if (typeof value === 'bigint') return number(Number(value), String(value))
  if (Array.isArray(value)) return value.map(plainValue)
  // BSON's dates reach further than JavaScript's.
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof RegExp) return String(value)
  if (value instanceof ObjectId) return value.toHexString()
  if (value instanceof Timestamp) return new Date(value.getHighBitsUnsigned() * 1000).toISOString()
  if (value instanceof Long)
    return Number.isSafeInteger(value.toNumber()) ? value.toNumber() : value.toString()
  if (value instanceof Decimal128) return number(Number(value.toString()), value.toString())
  if (value instanceof Double || value instanceof Int32) return number(value.valueOf(), String(value))
  if (value instanceof Binary)
    return value.sub_type === Binary.SUBTYPE_UUID ? value.toUUID().toHexString() : value.toString('base64')
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, plainValue(inner)]))
}

/** Where the address of the old collections is given: it is another one than the ledger's. */
const setting = 'the URL of the old collections'

/** What the old collections are called, where that is neither `NAME_before` nor NAME. */
export type OldNames = { readonly [V in ViewName]?: string }

/** Where old documents may be: set aside when a ledger moved in or when a view was replaced later, or in their place. */
const placesOf = (there: ReadonlySet<string>, view: ViewName): readonly string[] => {
  const before = beforeName(view)
  const aside = [...there].filter(name => name === before || name.startsWith(`${before}~`))
  return [...aside.toSorted(), view]
}

/**
 * The documents of the former system, as plain JSON: locations, workflows and media, each in the order of their keys.
 * Only reads, and leaves out what a ledger wrote.
 *
 * @param names by default `NAME_before`, as a ledger leaves them that moved in, and NAME
 * @throws StoreUnavailable or StoreForbidden, which name this source
 */
export async function* oldCollections(
  url: string,
  database: string,
  names: OldNames = {},
): AsyncGenerator<{ readonly collection: ViewName; readonly document: JsonObject }> {
  const { close, db, name } = connect(url, database, { setting })
  try {
    const there = await collectionNames(db)
    for (const collection of collections) {
      const chosen = names[collection]
      for (const place of chosen === undefined ? placesOf(there, collection) : [chosen])
        for await (const document of db.collection<Document>(place).find(foreignDocuments).sort({ _id: 1 }))
          yield { collection, document: plainValue(document) as JsonObject }
    }
  } catch (error) {
    throw storeError(name, error, setting)
  } finally {
    await close()
  }
}

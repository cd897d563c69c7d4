import type { Json } from '@crawl-ledger/domain'
import { BSON, type Document } from 'mongodb'
import { escapeKeys, unescapeKeys } from './keys.js'

/**
 * What stands for a value that is none of JSON's, in MongoDB's Extended JSON: nobody takes it for the value that belongs
 * there. (JSON.stringify would write a date as the very text that it was made of.)
 */
const standIn = (value: unknown): Json => {
  if (value instanceof Date)
    return { $date: Number.isNaN(value.getTime()) ? String(value) : value.toISOString() }
  if (typeof value === 'number') return { $numberDouble: String(value) }
  if (value === undefined) return { $undefined: true }
  return BSON.EJSON.serialize(value as Document, { relaxed: false })
}

const isForeign = (value: unknown): boolean => {
  if (typeof value === 'object' && value !== null)
    return !Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype
  return value === undefined || (typeof value === 'number' && !Number.isFinite(value))
}

const holdsForeign = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return isForeign(value)
  if (Array.isArray(value)) return value.some(holdsForeign)
  if (isForeign(value)) return true
  const object = value as { readonly [key: string]: unknown }
  for (const key in object) if (holdsForeign(object[key])) return true
  return false
}

const withStandIns = (value: unknown): unknown => {
  if (isForeign(value)) return standIn(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withStandIns)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withStandIns(inner)]))
}

/** A document of JSON values as it is stored. */
export const toStored = escapeKeys

/** A stored document as JSON, hashed and compared over this form. Nothing is copied where nothing is to be changed. */
export const fromStored = <D extends object>(document: D): D =>
  unescapeKeys(holdsForeign(document) ? (withStandIns(document) as D) : document)

/** The fields of views that are texts to the ledger and BSON dates in MongoDB, at the top of a document only. */
const dateFields = ['createdAt', 'updatedAt', 'completedAt', 'failedAt', 'processedAt', 'recordedAt'] as const

/** Whether a text is exactly what a date gives back. */
const isExact = (text: string): boolean => {
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString() === text
}

/** Replaces what stands in the date fields, in a copy if anything is replaced. */
const withDates = <D extends object>(document: D, replacement: (value: unknown) => unknown): D => {
  const replaced: { [key: string]: unknown } = {}
  for (const field of dateFields) {
    if (!Object.hasOwn(document, field)) continue
    const value: unknown = Reflect.get(document, field)
    const instead = replacement(value)
    if (instead !== value) replaced[field] = instead
  }
  return Object.keys(replaced).length === 0 ? document : { ...document, ...replaced }
}

/** A view's document as it is stored. A time that no date gives back, such as one without milliseconds, stays text. */
export const toStoredView = <D extends object>(document: D): D =>
  withDates(escapeKeys(document), value =>
    typeof value === 'string' && isExact(value) ? new Date(value) : value,
  )

/** A stored view's document. A time that is stored as text and must be a date is not taken for that date. */
export const fromStoredView = <D extends object>(document: D): D =>
  fromStored(
    withDates(document, value => {
      if (typeof value === 'string') return isExact(value) ? { $string: value } : value
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value
    }),
  )

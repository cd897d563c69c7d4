import { hash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { type Rejection, rejection } from './rejection.js'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** How deep a message may nest: one level per object or array. */
export const maxDepth = 50

class Refused extends Error {
  constructor(
    readonly path: string,
    readonly why: string,
  ) {
    super(why)
  }
}

/** Sets an own property even when the key is `__proto__`. */
export const put = (target: Record<string, Json>, key: string, value: Json): void => {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

/** The fields in the order of the canonical form, which then needs no sorting when a commit is hashed. */
export const sorted = (object: JsonObject): JsonObject => {
  const keys = Object.keys(object)
  if (keys.every((key, i) => i === 0 || (keys[i - 1] ?? '') < key)) return object
  const inOrder: Record<string, Json> = {}
  for (const key of keys.sort()) put(inOrder, key, object[key] as Json)
  return inOrder
}

/** Where a value stands; written out only when something is wrong there. */
interface Where {
  readonly up: Where | undefined
  readonly key: string | number
}

const pathOf = (where: Where): string => {
  if (where.up === undefined) return ''
  const up = pathOf(where.up)
  if (typeof where.key === 'number') return `${up}[${where.key}]`
  return up === '' ? where.key : `${up}.${where.key}`
}

const refuse = (where: Where, why: string): never => {
  throw new Refused(pathOf(where), why)
}

/** Makes one value plain, and notes what could not be kept as it was. */
class Normaliser {
  readonly notes: string[] = []

  plain(value: unknown, up: Where | undefined, key: string | number, depth: number): Json | undefined {
    switch (typeof value) {
      case 'string':
        return value.toWellFormed()
      case 'number':
        if (Number.isFinite(value)) return value === 0 ? 0 : value
        this.notes.push(`${pathOf({ up, key })}: ${value} is kept as null.`)
        return null
      case 'boolean':
        return value
      case 'undefined':
      case 'function':
      case 'symbol':
        return undefined
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
    }
    if (value === null) return null
    if (depth > maxDepth)
      return refuse({ up, key }, `more than ${maxDepth} levels of objects and lists in each other`)
    const here = { up, key }
    // `from` and not `map`, which would leave the holes of a sparse list.
    if (Array.isArray(value)) return Array.from(value, (v, i) => this.plain(v, here, i, depth + 1) ?? null)
    const object = value as { readonly [key: string]: unknown }
    if (typeof object.toJSON === 'function') return this.plain(object.toJSON(), up, key, depth + 1)
    const result: Record<string, Json> = {}
    // In the order of the canonical form, which then needs no sorting.
    for (const name of Object.keys(object).sort()) {
      if (name.includes('\0')) return refuse(here, 'a key with a NUL character')
      const kept = this.plain(object[name], here, name, depth + 1)
      if (kept !== undefined) put(result, name.toWellFormed(), kept)
    }
    return result
  }
}

/** A value in normal form, and sentences on what of it was odd. */
export interface Normalised {
  readonly value: Json
  readonly notes: readonly string[]
}

/**
 * The value as JSON and nothing but JSON, so that what is hashed is what every store keeps: no `undefined`, -0 is 0,
 * NaN is null, lone surrogates are U+FFFD, dates are ISO texts.
 */
export const normalise = (value: unknown): E.Either<Rejection, Normalised> => {
  const normaliser = new Normaliser()
  try {
    return E.right({ value: normaliser.plain(value, undefined, '', 1) ?? null, notes: normaliser.notes })
  } catch (error) {
    // What else throws here is the value's own code: a getter, a proxy, a `toJSON`.
    if (!(error instanceof Refused))
      return E.left(rejection('invalid', 'The message cannot be read: a part of it throws an error.'))
    return E.left(rejection('invalid', `The message holds ${error.why}.`, error.path || undefined))
  }
}

/** Whether JSON.stringify, which is much faster, gives the keys in the right order by itself: it visits them as `in` does. */
const isOrdered = (value: Json): boolean => {
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every(isOrdered)
  const object = value as JsonObject
  let last = ''
  for (const key in object) {
    const inner = object[key] as Json
    if (key < last || (typeof inner === 'object' && !isOrdered(inner))) return false
    last = key
  }
  return true
}

const ordered = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(ordered).join(',')}]`
  const object = value as JsonObject
  const fields = Object.keys(object)
    .sort()
    .filter(key => object[key] !== undefined)
    .map(key => `${JSON.stringify(key)}:${ordered(object[key] as Json)}`)
  return `{${fields.join(',')}}`
}

/** One text for one value: keys sorted by code unit, no white space. After RFC 8785. */
export const canonical = (value: Json): string => (isOrdered(value) ? JSON.stringify(value) : ordered(value))

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export const sha256 = (text: string): string => hash('sha256', text)

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

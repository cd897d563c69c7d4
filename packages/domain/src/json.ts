import { createHash } from 'node:crypto'
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
const put = (target: Record<string, Json>, key: string, value: Json): void => {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

const plain = (value: unknown, path: string, depth: number): Json | undefined => {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'number':
      if (!Number.isFinite(value)) throw new Refused(path, 'a number that is not finite')
      return value === 0 ? 0 : value
    case 'boolean':
      return value
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined
    case 'bigint':
      throw new Refused(path, 'a BigInt, which JSON does not have')
  }
  if (value === null) return null
  if (depth > maxDepth)
    throw new Refused(path, `more than ${maxDepth} levels of objects and lists in each other`)
  // `from` and not `map`, which would leave the holes of a sparse list.
  if (Array.isArray(value)) return Array.from(value, (v, i) => plain(v, `${path}[${i}]`, depth + 1) ?? null)
  const object = value as object
  if ('toJSON' in object && typeof object.toJSON === 'function')
    return plain(object.toJSON(), path, depth + 1)
  const result: Record<string, Json> = {}
  for (const [key, child] of Object.entries(object)) {
    if (key.includes('\0')) throw new Refused(path, 'a key with a NUL character')
    const kept = plain(child, path === '' ? key : `${path}.${key}`, depth + 1)
    if (kept !== undefined) put(result, key.toWellFormed(), kept)
  }
  return result
}

/**
 * The value as JSON and nothing but JSON, so that what is hashed is what every store keeps:
 * no `undefined`, -0 is 0, lone surrogates are U+FFFD, dates are ISO texts.
 */
export const normalise = (value: unknown): E.Either<Rejection, Json> => {
  try {
    return E.right(plain(value, '', 1) ?? null)
  } catch (error) {
    // What else throws here is the value's own code: a getter, a proxy, a `toJSON`.
    if (!(error instanceof Refused))
      return E.left(rejection('invalid', 'The message cannot be read: a part of it throws an error.'))
    return E.left(rejection('invalid', `The message holds ${error.why}.`, error.path || undefined))
  }
}

/** One text for one value: keys sorted by code unit, no white space. After RFC 8785. */
export const canonical = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const object = value as JsonObject
  let text = '{'
  for (const key of Object.keys(object).sort()) {
    const child = object[key]
    if (child === undefined) continue
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${canonical(child)}`
  }
  return `${text}}`
}

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

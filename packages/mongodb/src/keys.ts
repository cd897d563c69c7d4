/**
 * Keys that a document of MongoDB does not keep as they are: the driver takes an object with `$ref` and `$id` for a
 * reference and one with `_bsontype` for a type of its own, and some servers refuse `$` at the beginning of a key, or a
 * dot in it. A document with such a key has them escaped as `%HH`, and says so. Nearly none has one, and that is kept as
 * it is; so is whatever 0.1 wrote, which escaped nothing.
 */
const mark = '_escaped'

const special = /^\$|\./
/** In a document that is escaped: also the sign itself, so that no two keys become one. */
const escapedThere = /^\$|[.%]|^_(?=(?:bsontype|escaped)$)/g

const isOdd = (key: string): boolean => key === '_bsontype' || special.test(key)

const hasOddKeys = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasOddKeys)
  const object = value as { readonly [key: string]: unknown }
  for (const key in object) if (isOdd(key) || hasOddKeys(object[key])) return true
  return false
}

/** `fromEntries` makes a field also of `__proto__`. */
const withKeys = (value: unknown, rename: (key: string) => string): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(inner => withKeys(inner, rename))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [rename(key), withKeys(inner, rename)]),
  )
}

const escaped = (key: string): string =>
  key.replace(escapedThere, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const unescaped = (key: string): string =>
  key.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** A document of JSON values as MongoDB keeps it. */
export const escapeKeys = <D extends object>(document: D): D =>
  Object.hasOwn(document, mark) || hasOddKeys(document)
    ? (Object.fromEntries([...Object.entries(withKeys(document, escaped) as D), [mark, true]]) as D)
    : document

/** The document that was escaped. Its values are those of JSON, or stand for others. */
export const unescapeKeys = <D extends object>(document: D): D => {
  if (!Object.hasOwn(document, mark)) return document
  const fields = Object.entries(document).filter(([key]) => key !== mark)
  return withKeys(Object.fromEntries(fields), unescaped) as D
}

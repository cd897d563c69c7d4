import { canonical, type Json, type JsonObject, sha256 } from './json.js'

// What is too long for a view is cut there, with a mark that says where in the log the whole of it is. A cut is a function
// of the value alone, so that it is the same in whatever order messages come.

/** How many bytes of UTF-8 a text has at most in a view: an error's, a name, an address, a query. */
export const textKept = 4096

/** How many bytes of UTF-8 the name of a field has at most where services choose it. */
export const nameKept = 100

/** How much of a value that is cut is shown, in bytes of UTF-8. */
const shownOfValue = 200

/** A UTF-16 code unit is three bytes of UTF-8 at most. */
const isWithin = (text: string, most: number): boolean =>
  text.length * 3 <= most || (text.length <= most && Buffer.byteLength(text) <= most)

export const isLong = (text: string): boolean => !isWithin(text, textKept)

/** The beginning of a text, up to so many bytes, cut between two code points. */
const beginning = (text: string, most: number): string => {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most))
  return text.slice(0, read)
}

/** A text, or of a long one its beginning and a fingerprint. It is longer than any text that is not cut, so that no two are one. */
const headOf = (text: string, most: number): string =>
  isWithin(text, most)
    ? text
    : `${beginning(text, most)}… [cut: ${Buffer.byteLength(text)} bytes, SHA-256 ${sha256(text).slice(0, 16)}]`

/** By what a text is told from others, and ordered: itself, or of a long one its beginning and a fingerprint. */
export const comparable = (text: string): string => headOf(text, textKept)

export const isLongName = (name: string): boolean => !isWithin(name, nameKept)

/** The name of a field as a view shows it. */
export const shortName = (name: string): string => headOf(name, nameKept)

const place = '[position '

/** A text as a view shows it. `position` is where the whole of it is in the log. */
export const shortText = (text: string, position: number): string =>
  isLong(text) ? `${comparable(text)}${place}${position}]` : text

/** The same as `comparable` of the whole, from the text as a view shows it. */
export const comparableShown = (shown: string): string =>
  isLong(shown) ? shown.slice(0, shown.lastIndexOf(place)) : shown

/** What stands in a view for a value that is too long. */
export const cutValue = (value: Json, position: number): JsonObject => {
  const text = typeof value === 'string' ? value : canonical(value)
  return {
    begins: beginning(text, shownOfValue),
    bytes: Buffer.byteLength(text),
    cut: true,
    position,
  }
}

/** How many bytes a text takes at most. Short ones need no counting. */
const bytesOf = (text: string): number => (text.length <= 40 ? 3 * text.length : Buffer.byteLength(text))

/** What is left of `left` bytes beside a value; below 0 where it takes more. A long one is not looked through to its end. */
const leftBeside = (value: Json, left: number): number => {
  if (typeof value === 'string') return left - bytesOf(value)
  if (typeof value !== 'object' || value === null) return left - 8
  let rest = left
  if (Array.isArray(value)) {
    for (const one of value) {
      rest = leftBeside(one, rest - 16)
      if (rest < 0) return rest
    }
    return rest
  }
  const object = value as JsonObject
  for (const name in object) {
    // A sign of a name may be escaped as three.
    rest = leftBeside(object[name] as Json, rest - 16 - 3 * bytesOf(name))
    if (rest < 0) return rest
  }
  return rest
}

/** About how many bytes a value takes in a document, at least as many as BSON needs; more than `most` where it takes more. */
export const weightOf = (value: Json, most: number): number => most - leftBeside(value, most)

import * as t from 'io-ts'
import { isObject, type Json, type JsonObject } from './json.js'

/** A codec that refines `base`; its name is what a rejection tells the reader was expected. */
const refined = <A>(
  base: t.Type<A, A, unknown>,
  holds: (value: A) => boolean,
  name: string,
): t.Type<A, A, unknown> => {
  const is = (input: unknown): input is A => base.is(input) && holds(input)
  return new t.Type<A, A, unknown>(
    name,
    is,
    (input, context) => (is(input) ? t.success(input) : t.failure(input, context)),
    t.identity,
  )
}

/** A text that says something. */
export const Text = refined(t.string, s => s.trim() !== '', 'a text that is not blank')

/** The name of a workflow, a location, an item or a stage. */
export const Id = refined(
  t.string,
  s => s.length > 0 && s.length <= 200 && s.trim() !== '',
  'a text of 1 to 200 characters that is not blank',
)

const iso =
  /^(\d{4}|[+-]\d{6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d*)?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/i

/** 100 million days from 1970: what a date holds. */
const maxInstant = 8_640_000_000_000_000

const zoneMs = (zone: string): number => {
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? []
  if (sign === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/**
 * An ISO 8601 time as milliseconds since 1970, NaN if the text is none or names a day that does not exist. Without a
 * zone it is UTC and not local time, for a message must mean the same on every server.
 */
export const instantOf = (text: string): number => {
  // The usual form, as `toISOString` gives it, is read by the engine alone; days up to 28 are in every month.
  if (text.length === 24 && text[10] === 'T' && text[23] === 'Z' && text.slice(8, 10) <= '28') {
    const instant = Date.parse(text)
    if (!Number.isNaN(instant)) return instant
  }
  const parts = iso.exec(text)
  if (parts === null) return Number.NaN
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = parts
  const ms = Number(fraction.padEnd(3, '0'))
  const fields = [year, Number(month) - 1, day, hour, minute, second].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields
  const date = new Date(0)
  date.setUTCFullYear(y, mo, d)
  if (date.getUTCMonth() !== mo || date.getUTCDate() !== d || mi > 59 || s > 59) return Number.NaN
  // Midnight is the end of a day, too.
  if (h > 24 || (h === 24 && mi + s + ms > 0) || year === '-000000') return Number.NaN
  const instant = date.setUTCHours(h, mi, s, ms) - zoneMs(zone)
  // By its zone it can be a time that no date holds.
  return Math.abs(instant) <= maxInstant ? instant : Number.NaN
}

/** An instant as every store keeps it. */
export const isoOf = (instant: number): string => new Date(instant).toISOString()

/** A country by ISO 3166-1 alpha-2, in capitals; undefined where the value is none. */
export const countryCodeOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && /^[A-Za-z]{2}$/.test(value.trim()) ? value.trim().toUpperCase() : undefined

/** `{lat, lng}` in degrees; undefined where the value is no place on earth. */
export const coordinatesOf = (value: Json | undefined): JsonObject | undefined => {
  if (!isObject(value)) return undefined
  const { lat, lng } = value
  if (typeof lat !== 'number' || typeof lng !== 'number') return undefined
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng } : undefined
}

/** A count of milliseconds or bytes; undefined where the value is none. */
export const amountOf = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && value >= 0 ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : undefined

import { canonical, instantOf, isObject, type Json, type JsonObject } from '@crawl-ledger/domain'

// Values as they are met in old documents. undefined: not understood, so that it is kept as it is.

export const textOf = (value: Json): string | undefined => (typeof value === 'string' ? value : undefined)

export const objectOf = (value: Json): JsonObject | undefined => (isObject(value) ? value : undefined)

/** A number, also one that was stored as a text, such as `"45"` or `"45%"`. */
export const numberOf = (value: Json): number | undefined => {
  if (typeof value === 'number') return value
  const digits = typeof value === 'string' ? /^\s*(-?\d+(?:\.\d+)?)\s*%?\s*$/.exec(value)?.[1] : undefined
  return digits === undefined ? undefined : Number(digits)
}

const within =
  (low: number, high: number) =>
  (value: Json): number | undefined => {
    const number = numberOf(value)
    return number !== undefined && number >= low && number <= high ? number : undefined
  }

export const amountOf = within(0, Number.MAX_SAFE_INTEGER)

export const countOf = (value: Json): number | undefined => {
  const amount = amountOf(value)
  return Number.isInteger(amount) ? amount : undefined
}

export const percentOf = (value: Json): number | undefined =>
  isObject(value)
    ? within(0, 100)(value.percentage ?? value.percent ?? value.value ?? null)
    : within(0, 100)(value)

/** Times before this many milliseconds (1973) are taken for seconds: no crawl is that old. */
const oldestMs = 1e11

const furthestMs = 8.64e15

/** An ISO time of a date, an ISO text, or milliseconds or seconds since 1970, also as a text. */
export const timeOf = (value: Json): string | undefined => {
  const number = numberOf(value)
  const ms =
    number === undefined
      ? instantOf(typeof value === 'string' ? value.trim() : '')
      : number > 0 && number < oldestMs
        ? number * 1000
        : number
  return Math.abs(ms) <= furthestMs ? new Date(ms).toISOString() : undefined
}

const latitudeOf = within(-90, 90)
const longitudeOf = within(-180, 180)

/** `{latitude, longitude}`, `{lat, lng}` or a GeoJSON point, which has the longitude first. */
export const geoOf = (value: Json): JsonObject | undefined => {
  if (!isObject(value)) return undefined
  const { latitude, longitude, lat, lng, lon, long, type, coordinates, ...rest } = value
  const point = type === 'Point' && Array.isArray(coordinates) ? (coordinates as readonly Json[]) : []
  const north = latitudeOf(latitude ?? lat ?? point[1] ?? null)
  const east = longitudeOf(longitude ?? lng ?? lon ?? long ?? point[0] ?? null)
  return north === undefined || east === undefined ? undefined : { ...rest, latitude: north, longitude: east }
}

export const countryOf = (value: Json): string | undefined => {
  const code = typeof value === 'string' ? value.trim().toUpperCase() : ''
  return /^[A-Z]{2}$/.test(code) ? code : undefined
}

/** A list of texts, or a single one. */
export const textsOf = (value: Json): readonly string[] | undefined => {
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value]
  return list.every(item => typeof item === 'string') ? list : undefined
}

export type OldStatus = 'open' | 'completed' | 'failed'

const statuses: { readonly [S in OldStatus]: readonly string[] } = {
  open: ['active', 'running', 'started', 'pending', 'queued', 'new', 'created', 'in_progress', 'in-progress'],
  completed: ['completed', 'complete', 'done', 'finished', 'success', 'succeeded', 'ok'],
  failed: ['failed', 'failure', 'error', 'errored'],
}

/** A status by its word, whatever its case; `true` says that something is done. */
export const statusOf = (value: Json): OldStatus | undefined => {
  if (value === true) return 'completed'
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  return (Object.keys(statuses) as OldStatus[]).find(status => statuses[status].includes(word))
}

const errorOf = (value: Json): JsonObject => {
  if (typeof value === 'string') return { message: value }
  if (!isObject(value)) return { message: canonical(value) }
  if (typeof value.message === 'string') return value
  const said = [value.msg, value.reason, value.error, value.description].find(
    text => typeof text === 'string',
  )
  return { ...value, message: value.message === undefined && said !== undefined ? said : canonical(value) }
}

const saysNothing = (value: Json): boolean => value === null || value === false || value === ''

/** Errors, each an object with a message: from a list of them, from one, or from a text. */
export const errorsOf = (value: Json): readonly JsonObject[] | undefined =>
  (Array.isArray(value) ? (value as readonly Json[]) : [value]).filter(v => !saysNothing(v)).map(errorOf)

import type { Value } from '../json.js'

/** What has no readable time counts as before all others. */
export const never = Number.NEGATIVE_INFINITY

const form = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** The instant in milliseconds of an ISO text with a zone; a day that its month has not is no day. */
export const instantOf = (value: Value): number => {
  const [, day] = (typeof value === 'string' && form.exec(value)) || []
  if (typeof value !== 'string' || day === undefined) return never
  const midnight = Date.parse(`${day}T00:00:00Z`)
  const instant = Date.parse(value)
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  return exists && !Number.isNaN(instant) ? instant : never
}

export const isoOf = (instant: number): string | undefined =>
  Number.isFinite(instant) ? new Date(instant).toISOString() : undefined

export const earliest = (instants: readonly number[]): number =>
  instants.filter(Number.isFinite).reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY)

export const latest = (instants: readonly number[]): number =>
  instants.reduce((a, b) => (b > a ? b : a), never)

import type { Value } from '../json.js'

/** What has no readable time counts as before all others. */
export const never = Number.NEGATIVE_INFINITY

const form = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

/** The instant in milliseconds of an ISO text a day that its month has not is no day. */
export const instantOf = (value: Value): number => {
  const [, day] = (typeof value === 'string' && form.exec(value)) || []
  if (typeof value !== 'string' || day === undefined) return never
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // Without a zone it is UTC; a blank stands for T.
  const hasZone = value.length <= 10 || /(Z|[+-]\d\d:\d\d)$/.test(value)
  const instant = Date.parse(`${value.replace(' ', 'T')}${hasZone ? '' : 'Z'}`)
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  return exists && !Number.isNaN(instant) ? instant : never
}

export const isoOf = (instant: number): string | undefined =>
  Number.isFinite(instant) ? new Date(instant).toISOString() : undefined

export const earliest = (instants: readonly number[]): number =>
  instants.filter(Number.isFinite).reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY)

export const latest = (instants: readonly number[]): number =>
  instants.reduce((a, b) => (b > a ? b : a), never)

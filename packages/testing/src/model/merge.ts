import { canonical, type Json, type JsonObject } from '../json.js'

export interface Telling<T = Json> {
  readonly at: number
  readonly value: T
}

const larger = <T>(a: Telling<T>, b: Telling<T>): Telling<T> =>
  canonical(b.value) > canonical(a.value) ? b : a

/** The value told latest; at the same time the one with the larger text. */
export const latestOf = <T>(tellings: readonly Telling<T>[]): T | undefined =>
  tellings.length === 0
    ? undefined
    : tellings.reduce((a, b) => (a.at === b.at ? larger(a, b) : b.at > a.at ? b : a)).value

/** The value told earliest; at the same time the one with the larger text. */
export const earliestOf = <T>(tellings: readonly Telling<T>[]): T | undefined =>
  latestOf(tellings.map(({ at, value }) => ({ at: -at, value })))

/** Objects merged key by key. */
export const merged = (tellings: readonly Telling<JsonObject>[]): JsonObject => {
  const keys = new Set(tellings.flatMap(({ value }) => Object.keys(value)))
  return Object.fromEntries(
    [...keys].flatMap(key => {
      const value = latestOf(
        tellings.flatMap(({ at, value: object }) => {
          // Asked for by its own entries, since every object has a `constructor`.
          const own = Object.hasOwn(object, key) ? object[key] : undefined
          return own === undefined ? [] : [{ at, value: own }]
        }),
      )
      return value === undefined ? [] : [[key, value] as const]
    }),
  )
}

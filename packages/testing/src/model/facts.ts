import { byText, isObject, type Json, listOf, textOf, type Value } from '../json.js'
import { earliestOf, latestOf, type Telling } from './merge.js'
import type { Told } from './message.js'

type Fact = 'locationName' | 'countryCode' | 'coordinates'

const within = (value: Value, limit: number): value is number =>
  typeof value === 'number' && Math.abs(value) <= limit

const readFact = (name: Fact, value: Value): Json | undefined => {
  if (name === 'locationName') return textOf(value)
  if (name === 'countryCode')
    return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined
  if (!isObject(value)) return undefined
  const { lat, lng } = value
  return within(lat, 90) && within(lng, 180) ? { lat, lng } : undefined
}

const carriedBy = (name: Fact, { context, metadata }: Told): Json | undefined =>
  readFact(name, name === 'coordinates' ? metadata.coordinates : context[name])

const toldBy = (name: Fact, told: Told): Json | undefined => {
  if (told.type === 'new_batch') return readFact(name, told.payload[name]) ?? carriedBy(name, told)
  if (told.type === 'save_location') return carriedBy(name, told)
  return readFact(name, told.results[name])
}

/** Told beats carried; the latest of what was told, the earliest of what was carried. */
export const factOf = (name: Fact, tolds: readonly Told[]): Json | undefined => {
  const tellings = (by: (name: Fact, told: Told) => Json | undefined): readonly Telling[] =>
    tolds.flatMap(told => {
      const value = by(name, told)
      return value === undefined ? [] : [{ at: told.at, value }]
    })
  return latestOf(tellings(toldBy)) ?? earliestOf(tellings(carriedBy))
}

/** All that users asked for, by the earliest time that brought each and then by text. */
export const queriesOf = (tolds: readonly Told[]): readonly string[] => {
  const times = new Map<string, number>()
  for (const { type, at, metadata, payload } of tolds) {
    const lists = [metadata.inputQueries, metadata.queries, type === 'new_batch' ? payload.queries : []]
    for (const query of lists.flatMap(listOf).map(textOf))
      if (query !== undefined) times.set(query, Math.min(at, times.get(query) ?? at))
  }
  return [...times]
    .sort(([a, one], [b, other]) => (one === other ? byText(a, b) : one - other))
    .slice(0, 1000)
    .map(([query]) => query)
}

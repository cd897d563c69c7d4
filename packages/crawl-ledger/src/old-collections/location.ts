import type { Json, JsonObject } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { Fields, namesOf } from './fields.js'
import { drafting, perhaps, type Unreadable, unreadable } from './old-document.js'
import { countryOf, geoOf, objectOf, textOf } from './values.js'

/** What a location's document says of it, as a new batch says it. */
export interface Description {
  readonly locationId: string
  readonly countryCode?: string
  readonly geo?: JsonObject
  readonly location: JsonObject
}

export const descriptionOf = (document: JsonObject): E.Either<Unreadable, Description> => {
  const fields = new Fields(document)
  const names = namesOf(fields, ['locationId'])
  if (E.isLeft(names)) return E.left(unreadable('locations', document, names.left))
  const countryCode = fields.take(countryOf, 'countryCode', 'country')
  const geo = fields.take(geoOf, 'geo', 'coordinates', 'location')
  const name = fields.take(textOf, 'name')
  const metadata = Object.entries(fields.take(objectOf, 'metadata') ?? {})
  const rest: JsonObject = { ...fields.rest(['name']), ...perhaps('name', name) }
  const fits = ([key, value]: readonly [string, Json]): boolean =>
    !Object.hasOwn(rest, key) && (key !== 'name' || typeof value === 'string')
  // What of the metadata cannot stand beside the other fields stays where it was.
  const inside = metadata.filter(entry => !fits(entry))
  return E.right({
    locationId: names.right[0] ?? '',
    ...(countryCode === undefined ? {} : { countryCode }),
    ...(geo === undefined ? {} : { geo }),
    location: {
      ...Object.fromEntries(metadata.filter(fits)),
      ...rest,
      ...(inside.length === 0 ? {} : { metadata: Object.fromEntries(inside) }),
    },
  })
}

/** A new batch that says of a location what its document says: for one of which only media are known. */
export const describing = (document: JsonObject, description: Description, batchId: string): JsonObject => {
  const { locationId, location, ...rest } = description
  return drafting('locations', document, { locationId, batchId })('new-batch', 0, {
    ...rest,
    ...(Object.keys(location).length === 0 ? {} : { location }),
  })
}

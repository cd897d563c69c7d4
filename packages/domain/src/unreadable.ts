import { coordinatesOf, countryCodeOf, Id, Text } from './codecs.js'
import { isSaid } from './context.js'
import { isObject, type Json, type JsonObject } from './json.js'
import type { CrawlMessage, MessageType } from './messages.js'
import { objectIn, timeIn } from './reading.js'

const isListOf = (value: Json | undefined, holds: (one: Json) => boolean): boolean =>
  Array.isArray(value) && value.every(holds)

type Rules = { readonly [field: string]: (value: Json) => boolean }

const isTime = (value: Json): boolean => timeIn(value) !== undefined
const isCountry = (value: Json): boolean => countryCodeOf(value) !== undefined
const isItemId = (value: Json): boolean => Id.is(value) || typeof value === 'number'
const isFlag = (value: Json): boolean => typeof value === 'boolean'

const ofError: Rules = { stage: Id.is, timestamp: isTime, fatal: isFlag }
const isListed = (entry: Json): boolean =>
  isObject(entry) && typeof entry.error === 'string' && oddIn(entry, ofError) === undefined

/** What a rule expects in each field of a context that is not required. */
const ofContext: Rules = {
  timestamp: isTime,
  stage: Id.is,
  locationName: Text.is,
  countryCode: isCountry,
  completedStages: value => isListOf(value, Id.is),
  metadata: isObject,
  errors: value => isListOf(value, isListed),
  itemId: isItemId,
  itemUrl: Text.is,
  itemType: Text.is,
}

/** What a rule expects in a field of a payload, by the message's type. */
const ofPayload: { readonly [T in MessageType]?: Rules } = {
  new_batch: {
    queries: value => isListOf(value, Text.is),
    locationName: Text.is,
    countryCode: isCountry,
    coordinates: value => coordinatesOf(value) !== undefined,
  },
  item_found: { itemId: isItemId, itemUrl: Text.is, itemType: Text.is },
  stage_complete: { results: isObject },
  error: ofError,
}

/** The fields in which something else stands than a rule expects; undefined where there is none. */
const oddIn = (object: JsonObject, rules: Rules): JsonObject | undefined => {
  let odd: JsonObject | undefined
  for (const field in rules) {
    const value = object[field]
    if (isSaid(value) && rules[field]?.(value) === false) odd = { ...odd, [field]: value }
  }
  return odd
}

/** What of a context stands where a rule expects something else. */
export const unreadableInContext = ({ context }: CrawlMessage): JsonObject | undefined =>
  oddIn(context, ofContext)

/** The same of a payload. */
export const unreadableInPayload = ({ type, payload }: CrawlMessage): JsonObject | undefined =>
  oddIn(objectIn(payload), ofPayload[type] ?? {})

/** What cannot be read: kept under `metadata.unreadable`, and named in a receipt's `notes`. */
export const unreadableIn = (message: CrawlMessage): JsonObject | undefined => {
  const [context, payload] = [unreadableInContext(message), unreadableInPayload(message)]
  if (context === undefined || payload === undefined) return context ?? payload
  const apart = Object.entries(payload).map(([field, value]) => [
    Object.hasOwn(context, field) ? `payload.${field}` : field,
    value,
  ])
  return { ...context, ...Object.fromEntries(apart) }
}

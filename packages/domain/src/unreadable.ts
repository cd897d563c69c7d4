import { countryCodeOf, Id, Text } from './codecs.js'
import { isSaid } from './context.js'
import { isObject, type Json, type JsonObject } from './json.js'
import type { CrawlMessage } from './messages.js'
import { objectIn, timeIn } from './reading.js'

const isListOf = (value: Json | undefined, holds: (one: Json) => boolean): boolean =>
  Array.isArray(value) && value.every(holds)

/** What a rule expects in each field of a context that is not required. */
const readable: { readonly [field: string]: (value: Json) => boolean } = {
  timestamp: value => timeIn(value) !== undefined,
  stage: Id.is,
  locationName: Text.is,
  countryCode: value => countryCodeOf(value) !== undefined,
  completedStages: value => isListOf(value, Id.is),
  metadata: isObject,
  errors: value => isListOf(value, one => isObject(one) && typeof one.error === 'string'),
  itemId: value => Id.is(value) || typeof value === 'number',
  itemUrl: Text.is,
  itemType: Text.is,
}

/** What a rule expects in a field of a payload, by the message's type. */
const readableInPayload: { readonly [type: string]: readonly [string, (value: Json) => boolean] } = {
  stage_complete: ['results', isObject],
  new_batch: ['queries', Array.isArray],
  error: ['fatal', value => typeof value === 'boolean'],
}

/** What stands where a rule expects something else: kept under `metadata.unreadable`, and named in a receipt's `notes`. */
export const unreadableIn = ({ type, context, payload }: CrawlMessage): JsonObject | undefined => {
  let odd: JsonObject | undefined
  for (const field in readable) {
    const value = context[field]
    if (isSaid(value) && readable[field]?.(value) === false) odd = { ...odd, [field]: value }
  }
  const [field, holds] = readableInPayload[type] ?? []
  const value = field === undefined ? undefined : objectIn(payload)[field]
  if (field !== undefined && isSaid(value) && holds?.(value) === false) odd = { ...odd, [field]: value }
  return odd
}

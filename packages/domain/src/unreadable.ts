import { countryCodeOf, Id, Text } from './codecs.js'
import { isSaid } from './context.js'
import { isObject, type Json, type JsonObject } from './json.js'
import type { CrawlMessage } from './messages.js'
import { objectIn, timeIn } from './reading.js'

const isListOf = (value: Json | undefined, holds: (one: Json) => boolean): boolean =>
  Array.isArray(value) && value.every(holds)

/** What stands where a rule expects something else: kept under `metadata.unreadable`, and named in a receipt's `notes`. */
export const unreadableIn = ({ type, context, payload }: CrawlMessage): JsonObject => {
  const told = objectIn(payload)
  const odd = (value: Json | undefined, isRight: boolean): boolean => isSaid(value) && !isRight
  const fields: readonly (readonly [string, Json | undefined, boolean])[] = [
    ['timestamp', context.timestamp, timeIn(context.timestamp) !== undefined],
    ['stage', context.stage, Id.is(context.stage)],
    ['locationName', context.locationName, Text.is(context.locationName)],
    ['countryCode', context.countryCode, countryCodeOf(context.countryCode) !== undefined],
    ['completedStages', context.completedStages, isListOf(context.completedStages, Id.is)],
    ['metadata', context.metadata, isObject(context.metadata)],
    [
      'errors',
      context.errors,
      isListOf(context.errors, one => isObject(one) && typeof one.error === 'string'),
    ],
    ['itemId', context.itemId, Id.is(context.itemId) || typeof context.itemId === 'number'],
    ['itemUrl', context.itemUrl, Text.is(context.itemUrl)],
    ['itemType', context.itemType, Text.is(context.itemType)],
    ['results', told.results, type !== 'stage_complete' || isObject(told.results)],
    ['queries', told.queries, type !== 'new_batch' || Array.isArray(told.queries)],
    ['fatal', told.fatal, type !== 'error' || typeof told.fatal === 'boolean'],
  ]
  const wrong = fields
    .filter(([, value, isRight]) => odd(value, isRight))
    .map(([name, value]) => [name, value])
  return Object.fromEntries(wrong) as JsonObject
}

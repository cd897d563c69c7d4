import { amountOf, coordinatesOf, countryCodeOf, Id, Text } from './codecs.js'
import { isFurther, isSaid } from './context.js'
import { defined } from './defined.js'
import { isObject, type Json, type JsonObject, put } from './json.js'
import type { CrawlMessage, MessageType } from './messages.js'
import { type Plan, planOf } from './plan.js'
import { noTime, nothing, objectIn, timeIn, without } from './reading.js'
import { errorsIn, type ToldError } from './told-errors.js'
import { unreadableIn, unreadableInContext, unreadableInPayload } from './unreadable.js'

/** What is told of a location, or of a workflow's location. */
export interface ToldLocation {
  /** Told is stronger than carried along in a context. */
  readonly told: boolean
  readonly locationName?: string
  readonly countryCode?: string
  readonly coordinates?: JsonObject
}

/** What a message says of one subject: of the batch or of one item. */
export interface Said {
  readonly metadata: JsonObject
  /** Fields of the context that no rule reads. */
  readonly fields: JsonObject
  readonly itemUrl?: string
  readonly itemType?: string
  readonly stages: readonly string[]
  readonly errors: readonly ToldError[]
}

/** A message as the rules read it. */
export interface Telling {
  readonly type: MessageType
  /** The instant of the context, or `noTime`. */
  readonly at: number
  /** The subject of the context. */
  readonly said: Said
  /** Whether the context is an item's. */
  readonly ofItem: boolean
  /** What an item found in a batch's context is. */
  readonly found?: Said
  /** The stage that is reported done, with how long it took and how much it handled. */
  readonly done?: { readonly stage: string; readonly durationMs?: number; readonly sizeBytes?: number }
  readonly plan?: Plan
  readonly locations: readonly ToldLocation[]
  readonly queries: readonly string[]
  /** The item, or the workflow, is said to be complete. */
  readonly completes: boolean
  readonly givesUp: boolean
  /** What else the payload says: kept with the fact, and read by no rule. */
  readonly report?: Json
}

const textsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? [...new Set(value.filter(Text.is))] : []

const stagesIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? [...new Set(value.filter(Id.is))] : []

/** The batch's metadata that each item's context carries a copy of. */
const copied = ['inputQueries', 'queries', 'generatedQueries']

const locationIn = (told: boolean, fields: JsonObject, coordinates: Json | undefined): ToldLocation[] => {
  const countryCode = countryCodeOf(fields.countryCode)
  const place = coordinatesOf(coordinates)
  const { locationName } = fields
  if (!Text.is(locationName) && countryCode === undefined && place === undefined) return []
  const name = Text.is(locationName) ? locationName : undefined
  return [defined({ told, locationName: name, countryCode, coordinates: place })]
}

/** A new batch and `saveLocation` tell of the location, and so do results; other contexts carry what they know of it. */
const locationsIn = ({ type, context, payload }: CrawlMessage): readonly ToldLocation[] => {
  const metadata = objectIn(context.metadata)
  const told = objectIn(payload)
  switch (type) {
    case 'new_batch': {
      const own = coordinatesOf(told.coordinates) ?? metadata.coordinates
      const locationName = Text.is(told.locationName) ? told.locationName : context.locationName
      const countryCode = countryCodeOf(told.countryCode) ?? context.countryCode
      return locationIn(true, { locationName: locationName ?? null, countryCode: countryCode ?? null }, own)
    }
    case 'save_location':
      return locationIn(true, context, metadata.coordinates)
    case 'stage_complete': {
      const results = objectIn(told.results)
      return [
        ...locationIn(true, results, results.coordinates),
        ...locationIn(false, context, metadata.coordinates),
      ]
    }
    default:
      return locationIn(false, context, metadata.coordinates)
  }
}

const doneIn = ({ type, context, payload }: CrawlMessage): Telling['done'] => {
  if (type !== 'stage_complete' || !Id.is(context.stage)) return undefined
  const results = objectIn(objectIn(payload).results)
  const durationMs = amountOf(results.processingTime) ?? amountOf(results.durationMs)
  const sizeBytes = amountOf(objectIn(results.mediaInfo).size) ?? amountOf(results.size)
  return defined({ stage: context.stage, durationMs, sizeBytes })
}

/** The fields of a payload that a rule reads, by type; the others are a report. */
const read: { readonly [T in MessageType]?: readonly string[] } = {
  new_batch: ['locationId', 'locationName', 'countryCode', 'queries', 'coordinates'],
  stage_complete: ['results'],
}

const reportIn = ({ type, payload }: CrawlMessage): Json | undefined => {
  if (type === 'error' || payload === undefined) return undefined
  if (!isObject(payload)) return payload
  if (type === 'item_found') return undefined
  const rest = without(payload, read[type] ?? [])
  return Object.keys(rest).length === 0 ? undefined : rest
}

const textIn = (value: Json | undefined): string | undefined => (Text.is(value) ? value : undefined)

const furtherIn = (context: JsonObject): JsonObject => {
  const further: Record<string, Json> = {}
  for (const field in context) {
    const value = context[field]
    if (isFurther(field) && isSaid(value)) put(further, field, value)
  }
  return further
}

const withUnreadable = (metadata: JsonObject, unreadable: JsonObject | undefined): JsonObject =>
  unreadable === undefined ? metadata : { ...metadata, unreadable }

const saidIn = (message: CrawlMessage, at: number, ofItem: boolean): Said => {
  const { type, context, payload } = message
  const told = objectIn(payload)
  const carried = without(objectIn(context.metadata), ofItem ? copied : [])
  const isFound = type === 'item_found' && ofItem
  const results =
    type === 'stage_complete' ? objectIn(told.results) : isFound ? without(told, itemFields) : nothing
  // What a payload tells of an item found is the item's, also where the context is the batch's.
  const isOthers = type === 'item_found' && !ofItem
  const unreadable = isOthers ? unreadableInContext(message) : unreadableIn(message)
  const own = isFound ? told : nothing
  return defined({
    metadata: withUnreadable(without(results, [], carried), unreadable),
    fields: furtherIn(context),
    itemUrl: ofItem ? (textIn(own.itemUrl) ?? textIn(context.itemUrl)) : undefined,
    itemType: ofItem ? (textIn(own.itemType) ?? textIn(context.itemType)) : undefined,
    stages: stagesIn(context.completedStages),
    errors: errorsIn(message, at),
  })
}

const itemFields = ['itemId', 'itemType', 'itemUrl']

/** What an item found in a batch's context is. */
const foundIn = (message: CrawlMessage): Said => {
  const told = objectIn(message.payload)
  const unreadable = unreadableInPayload(message)
  return defined({
    metadata: withUnreadable(without(told, itemFields), unreadable),
    fields: nothing,
    itemUrl: textIn(told.itemUrl),
    itemType: textIn(told.itemType),
    stages: [],
    errors: [],
  })
}

/** Whether a context is an item's. */
const namesItem = ({ itemId, itemUrl }: JsonObject): boolean =>
  Id.is(itemId) || typeof itemId === 'number' || Text.is(itemUrl)

/** Told of a location alone, stages and errors are nobody's: they are kept like fields that no rule reads. */
const ofLocation = ({ fields, ...said }: Said, { completedStages, errors }: JsonObject): Said => ({
  ...said,
  fields: {
    ...fields,
    ...(Array.isArray(completedStages) && completedStages.length > 0 ? { completedStages } : {}),
    ...(Array.isArray(errors) && errors.length > 0 ? { errors } : {}),
  },
  stages: [],
  errors: [],
})

/** Reads a message by the rules. Pure: the same message is always read the same. */
export const tellingOf = (message: CrawlMessage): Telling => {
  const { type, context, payload, itemId } = message
  const at = timeIn(context.timestamp) ?? noTime
  const ofItem = itemId !== undefined && namesItem(context)
  const done = doneIn(message)
  const plan = planOf(objectIn(context.metadata).plan)
  const report = reportIn(message)
  const metadata = objectIn(context.metadata)
  const said = saidIn(message, at, ofItem)
  return defined({
    type,
    at,
    said: message.batchId === undefined ? ofLocation(said, context) : said,
    ofItem,
    found: type === 'item_found' && !ofItem ? foundIn(message) : undefined,
    done,
    plan,
    locations: locationsIn(message),
    queries: [
      ...textsIn(metadata.inputQueries),
      ...textsIn(metadata.queries),
      ...(type === 'new_batch' ? textsIn(objectIn(payload).queries) : []),
    ],
    completes: type === 'workflow_complete',
    givesUp: type === 'error' && ofItem && objectIn(payload).fatal === true,
    report,
  })
}

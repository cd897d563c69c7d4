import {
  defaultPlan,
  instantOf,
  isObject,
  type Json,
  type JsonObject,
  type MessageType,
} from '@crawl-ledger/domain'
import type { OldDocument } from './old-document.js'

/** A message that a document stands for. It has no id of its own, so that the same document makes the same message. */
export interface OldMessage {
  readonly type: MessageType
  readonly context: JsonObject
  readonly payload?: JsonObject
}

const nothing: JsonObject = {}

const objectIn = (value: Json | undefined): JsonObject => (isObject(value) ? value : nothing)

const isSaid = (value: Json | undefined): value is Exclude<Json, null> =>
  value !== undefined && value !== null

/** The fields that say something, in an object. */
const said = (fields: { readonly [name: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, Json] => isSaid(field[1])))

const timeIn = (value: Json | undefined): number =>
  typeof value === 'string' ? instantOf(value.trim()) : Number.NaN

const isTime = (value: Json | undefined): boolean => !Number.isNaN(timeIn(value))

/** The latest of those that are times. */
const latest = (...times: readonly (Json | undefined)[]): Json | undefined =>
  times
    .filter(isTime)
    .reduce<Json | undefined>((a, b) => (a === undefined || timeIn(b) > timeIn(a) ? b : a), undefined)

/**
 * What of a document has no place in a context, as metadata under `imported`. The key of the database says nothing: the
 * old document is still under it.
 */
const importedIn = (document: JsonObject, understood: readonly string[]): JsonObject => {
  const rest = Object.entries(document).filter(
    ([name, value]) => name !== '_id' && isSaid(value) && !understood.includes(name),
  )
  return rest.length === 0 ? {} : { imported: Object.fromEntries(rest) }
}

const onlyIf = (isUnderstood: boolean, field: string): readonly string[] => (isUnderstood ? [field] : [])

/** Words of a status. The former code wrote only that a workflow is active, or that it failed. */
const statuses: readonly (Json | undefined)[] = ['active', 'completed', 'failed']

/** The batch's metadata of which an item's context carries a copy: the last trace of it where it was saved last. */
const copied = ['inputQueries', 'queries', 'generatedQueries']

/** Whether an error is listed that counts for the context's subject: those of batch stages in an item's are copies. */
const listsFailure = ({ errors }: JsonObject, isOfItem: boolean): boolean =>
  Array.isArray(errors) &&
  errors.some(
    entry =>
      isObject(entry) &&
      typeof entry.error === 'string' &&
      !(isOfItem && defaultPlan.batch.includes(String(entry.stage))),
  )

/** What tells a status that nothing else in the document tells. */
const statusMessages = (
  status: Json | undefined,
  isExplained: boolean,
  context: JsonObject,
): readonly OldMessage[] => {
  if (status === 'completed') return [{ type: 'workflow_complete', context }]
  if (status !== 'failed' || isExplained) return []
  return [{ type: 'error', context, payload: { error: 'The workflow failed; its error was not kept.' } }]
}

/**
 * A workflow is the context that was saved last, of the batch or of one of its items. Beside it the batch is told of
 * with the document's own times: `createdAt` was lost at each save, but never lies before the first one.
 */
const workflowMessages = (document: JsonObject): readonly OldMessage[] => {
  const { context: saved, batchId, locationId, currentStage, createdAt, updatedAt, status } = document
  const context = objectIn(saved)
  const known = said({
    batchId: context.batchId ?? batchId,
    locationId: context.locationId ?? locationId,
    stage: context.stage ?? currentStage,
    timestamp: context.timestamp ?? latest(updatedAt, createdAt),
  })
  const isOfItem = isSaid(context.itemId) || isSaid(context.itemUrl)
  const metadata = objectIn(context.metadata)
  const ofBatch = isOfItem ? said(Object.fromEntries(copied.map(name => [name, metadata[name]]))) : nothing
  const imported = importedIn(document, [
    'batchId',
    'locationId',
    'currentStage',
    ...onlyIf(isTime(createdAt), 'createdAt'),
    ...onlyIf(isTime(updatedAt), 'updatedAt'),
    ...onlyIf(isObject(saved), 'context'),
    ...onlyIf(statuses.includes(status), 'status'),
  ])
  const { batchId: batch, locationId: location, timestamp } = known
  const ref = said({ batchId: batch, locationId: location })
  const at = (time: Json | undefined, more: JsonObject = nothing): OldMessage => ({
    type: 'save_workflow',
    context: { ...ref, ...said({ timestamp: time }), ...more },
  })
  const beside = { ...ofBatch, ...imported }
  const end = said({ ...ref, stage: currentStage ?? context.stage, timestamp: latest(updatedAt, timestamp) })
  return [
    { type: 'save_workflow', context: { ...context, ...known } },
    ...(Object.keys(beside).length === 0 ? [] : [at(timestamp, { metadata: beside })]),
    ...[createdAt, updatedAt]
      .filter(isTime)
      .filter(time => timeIn(time) !== timeIn(timestamp))
      .map(time => at(time)),
    ...statusMessages(status, listsFailure(context, isOfItem), end),
  ]
}

/** A location's own facts, told of it alone. */
const locationMessages = (document: JsonObject): readonly OldMessage[] => {
  const { locationId, locationName, name, countryCode, metadata, createdAt, updatedAt } = document
  const imported = importedIn(document, [
    'locationId',
    'locationName',
    'countryCode',
    ...onlyIf(isTime(createdAt), 'createdAt'),
    ...onlyIf(isTime(updatedAt), 'updatedAt'),
    ...onlyIf(isObject(metadata), 'metadata'),
    ...onlyIf(!isSaid(locationName), 'name'),
  ])
  const timestamp = latest(updatedAt, createdAt)
  const of = said({ locationId })
  const context = {
    ...of,
    ...said({ locationName: locationName ?? name, countryCode, timestamp }),
    metadata: { ...objectIn(metadata), ...imported },
  }
  const isEarlier = timeIn(createdAt) < timeIn(timestamp)
  return [
    { type: 'save_location', context },
    ...(isEarlier
      ? [{ type: 'save_location' as const, context: { ...of, ...said({ timestamp: createdAt }) } }]
      : []),
  ]
}

/**
 * The stages of an item that its document tells to be done. The former code saved an item where one of its stages was
 * done, and stages have an order: `processedAt` says that the first one is. The results of the analysis say that there
 * was one. That the last stage is done was never kept.
 */
const stagesOf = ({ processedAt, metadata }: JsonObject): readonly string[] => {
  if (isSaid(objectIn(metadata).analysisResults)) return ['prep-media', 'analyse-media']
  return isSaid(processedAt) ? ['prep-media'] : []
}

/** An item, in a context made of its document. */
const mediaMessages = (document: JsonObject): readonly OldMessage[] => {
  const { batchId, locationId, itemId, itemUrl, itemType, metadata, processedAt } = document
  const imported = importedIn(document, [
    'batchId',
    'locationId',
    'itemId',
    'itemUrl',
    'itemType',
    'processedAt',
    ...onlyIf(isObject(metadata), 'metadata'),
  ])
  const context = {
    ...said({ batchId, locationId, itemId, itemUrl, itemType, timestamp: processedAt }),
    completedStages: stagesOf(document),
    metadata: { ...objectIn(metadata), ...imported },
  }
  // An item is saved with its id and its address; one that lost one of them is still an item of its workflow.
  const isHalf = isSaid(itemId) !== isSaid(itemUrl)
  return [{ type: isHalf ? 'save_workflow' : 'save_media_item', context }]
}

/** The messages that a document of the former system stands for. */
export const messagesOf = ({ collection, document }: OldDocument): readonly OldMessage[] => {
  switch (collection) {
    case 'workflows':
      return workflowMessages(document)
    case 'locations':
      return locationMessages(document)
    case 'media':
      return mediaMessages(document)
  }
}

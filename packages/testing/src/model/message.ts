import { createHash } from 'node:crypto'
import { type JsonObject, objectOf, textOf, type Value } from '../json.js'
import { instantOf } from './time.js'

export type MessageType =
  | 'new_batch'
  | 'item_found'
  | 'stage_complete'
  | 'workflow_progress'
  | 'error'
  | 'workflow_complete'
  | 'save_workflow'
  | 'save_location'
  | 'save_media_item'

export interface Message {
  readonly id?: string
  readonly type: MessageType
  readonly context: JsonObject
  readonly payload?: JsonObject | null
}

/** A message, read: what it says and whom it says it of. */
export interface Told {
  readonly type: MessageType
  readonly at: number
  readonly locationId: string
  /** None: of a location alone. */
  readonly batchId: string | undefined
  /** Whose context it is; none: the batch's. */
  readonly itemId: string | undefined
  /** Which item was found. */
  readonly foundId: string | undefined
  readonly context: JsonObject
  readonly metadata: JsonObject
  readonly payload: JsonObject
  readonly results: JsonObject
}

/** The id that is told, else one made of the batch and the address. */
export const itemIdOf = (batchId: string, id: Value, url: Value): string | undefined => {
  const address = textOf(url)
  if (textOf(id) !== undefined || address === undefined) return textOf(id)
  const digest = createHash('sha256').update(`${batchId}\n${address}`).digest('hex')
  return `item_${digest.slice(0, 16)}`
}

/** None of a call that does nothing. */
export const read = ({ type, ...message }: Message): Told | undefined => {
  const context = objectOf(message.context)
  const payload = objectOf(message.payload)
  const locationId = textOf(context.locationId)
  const batchId = textOf(context.batchId)
  const id = textOf(context.itemId)
  const url = textOf(context.itemUrl)
  if (locationId === undefined) return undefined
  if (type === 'save_media_item' && (id === undefined || url === undefined)) return undefined
  const foundId =
    type === 'item_found' && batchId !== undefined
      ? itemIdOf(batchId, textOf(payload.itemId) ?? id, textOf(payload.itemUrl) ?? url)
      : undefined
  const ofItem = batchId !== undefined && (id !== undefined || url !== undefined)
  return {
    type,
    at: instantOf(context.timestamp),
    locationId,
    batchId,
    itemId: ofItem ? (foundId ?? itemIdOf(batchId, id, url)) : undefined,
    foundId,
    context,
    metadata: objectOf(context.metadata),
    payload,
    results: type === 'stage_complete' ? objectOf(payload.results) : {},
  }
}

/** The three calls of services without messages: contexts are all that they say. */
export const isSave = ({ type }: Told): boolean => type.startsWith('save_')

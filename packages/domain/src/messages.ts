import * as E from 'fp-ts/lib/Either.js'
import { Id, Text } from './codecs.js'
import type { Command } from './commands.js'
import { isSaid } from './context.js'
import { defined } from './defined.js'
import { itemIdOf } from './item-id.js'
import { canonical, isObject, type Json, type JsonObject, normalise, sha256 } from './json.js'
import { oddities } from './noted.js'
import { type Rejection, rejection } from './rejection.js'
import { keyOf, type StreamId, workflowStream } from './stream.js'

/** Which handler takes which message. The handlers' names are those that crawler services call. */
export const handlerOf = {
  new_batch: 'handleNewBatch',
  item_found: 'handleItemFound',
  stage_complete: 'handleStageComplete',
  workflow_progress: 'handleWorkflowProgress',
  error: 'handleError',
  workflow_complete: 'logWorkflowComplete',
  save_workflow: 'saveWorkflow',
  save_location: 'saveLocation',
  save_media_item: 'saveMediaItem',
} as const

export type MessageType = keyof typeof handlerOf
export type HandlerName = (typeof handlerOf)[MessageType]

/** A message in normal form, with what it is about. */
export interface CrawlMessage {
  readonly type: MessageType
  readonly locationId: string
  /** undefined where it tells of a location alone. */
  readonly batchId?: string
  /** The item that it is about; undefined where it is about the batch. */
  readonly itemId?: string
  readonly context: JsonObject
  /** What its handler was given beside the context; undefined where that was nothing. */
  readonly payload?: Json
}

/** The stream that a message is about. */
export const streamOf = ({ locationId, batchId }: CrawlMessage | Command): StreamId =>
  batchId === undefined ? keyOf(locationId) : workflowStream(locationId, batchId)

/** A message that was decoded, or a command, with what the log needs to know of it. */
export interface Envelope {
  /** The message's own id, or 32 hexadecimal digits of the SHA-256 of its canonical form. */
  readonly id: string
  /** The first 16 hexadecimal digits of the SHA-256 of the canonical form without the id: tells a redelivery from an id used twice. */
  readonly digest: string
  /** When it was received, ISO. */
  readonly receivedAt: string
  /** The length of its canonical form in UTF-8 bytes. */
  readonly bytes: number
  readonly body: CrawlMessage | Command
}

export interface MessageEnvelope extends Envelope {
  readonly body: CrawlMessage
  /** What was odd about it, in sentences. */
  readonly notes: readonly string[]
}

/** The most bytes of one message's canonical form: what a document of 16 MiB holds, with room for the rest. */
export const maxMessageBytes = 16 * 1024 * 1024 - 64 * 1024

/** 64 bits tell messages of one workflow and one id apart; the log keeps a digest of each. */
export const digestOf = (text: string): string => sha256(text).slice(0, 16)

const form = 'A message is {type, context, payload}, where context is a WorkflowContext.'

const shown = (value: unknown): string => {
  if (value === undefined) return 'it is missing'
  const text = JSON.stringify(value)
  return `got ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`
}

const invalid = (path: string, expected: string, value: unknown): Rejection =>
  rejection('invalid', `${path}: expected ${expected}, ${shown(value)}.`, path)

/** An id is a text; a number that stands for one is plain enough. */
const idIn = (value: Json | undefined): string | undefined => {
  const text = typeof value === 'number' ? String(value) : value
  return Id.is(text) ? text : undefined
}

const isMessageType = (type: unknown): type is MessageType =>
  typeof type === 'string' && Object.hasOwn(handlerOf, type)

const typeIn = (type: Json | undefined): E.Either<Rejection, MessageType> => {
  if (isMessageType(type)) return E.right(type)
  const types = Object.keys(handlerOf).join(', ')
  return E.left(rejection('unknown-type', `type: expected one of ${types}; ${shown(type)}. ${form}`, 'type'))
}

/** The context of either envelope: `{type, context, payload}`, or `{util, type, workflow, payload}` of later services. */
const contextIn = (body: JsonObject): E.Either<Rejection, JsonObject> => {
  const context = isSaid(body.context) ? body.context : body.workflow
  if (isObject(context)) return E.right(context)
  const path = isSaid(body.context) || body.workflow === undefined ? 'context' : 'workflow'
  return E.left(rejection('invalid', `${path}: expected an object, ${shown(context)}. ${form}`, path))
}

/** The item that a message is about, by rule 1: its id where it has one, else one made of the batch and the address. */
const itemIn = (
  type: MessageType,
  batchId: string,
  context: JsonObject,
  payload: Json | undefined,
): string | undefined => {
  const told = type === 'item_found' && isObject(payload) ? payload : {}
  const id = idIn(told.itemId) ?? idIn(context.itemId)
  const url = Text.is(told.itemUrl) ? told.itemUrl : context.itemUrl
  return id ?? (Text.is(url) ? itemIdOf(batchId, url) : undefined)
}

type Subject = Pick<CrawlMessage, 'locationId' | 'batchId' | 'itemId'>

const subjectOf = (
  type: MessageType,
  context: JsonObject,
  payload: Json | undefined,
): E.Either<Rejection, Subject> => {
  const given = isSaid(context.locationId) || !isObject(payload) ? context.locationId : payload.locationId
  const locationId = idIn(given)
  if (locationId === undefined) return E.left(invalid('context.locationId', Id.name, given))
  const batchId = idIn(context.batchId)
  if (batchId === undefined)
    return type === 'save_location' && !isSaid(context.batchId)
      ? E.right({ locationId })
      : E.left(invalid('context.batchId', Id.name, context.batchId))
  if (type === 'save_media_item' && !(idIn(context.itemId) !== undefined && Text.is(context.itemUrl)))
    return E.left(rejection('invalid', 'context: a media item has an itemId and an itemUrl.', 'context'))
  const itemId = itemIn(type, batchId, context, payload)
  if (itemId !== undefined) return E.right({ locationId, batchId, itemId })
  if (type !== 'item_found') return E.right({ locationId, batchId })
  const sentence = 'payload.itemUrl: expected the address of an item, or its itemId; there is neither.'
  return E.left(rejection('invalid', sentence, 'payload.itemUrl'))
}

/** A broker's id is an id and no name: whatever it is, it tells messages apart. */
const messageIdOf = (id: Json | undefined): string | undefined => {
  if (!isSaid(id)) return undefined
  const text = (typeof id === 'string' ? id : canonical(id)).replaceAll('\0', '%00')
  if (text === '') return undefined
  return text.length <= 200 ? text : sha256(text)
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** What a broker delivered, as a value: a body may come as a value, as text or as bytes, with a byte order mark or not. */
const bodyIn = (raw: unknown): E.Either<Rejection, unknown> => {
  if (typeof raw !== 'string' && !(raw instanceof Uint8Array)) return E.right(raw)
  try {
    const text = typeof raw === 'string' ? raw : decoder.decode(raw)
    return E.right(JSON.parse(text.replace(/^\uFEFF/, '')))
  } catch {
    return E.left(rejection('invalid', `The message is neither an object nor JSON in UTF-8. ${form}`))
  }
}

/**
 * Decodes and normalises a message from outside. Only one without its workflow, its type, its item where it needs one,
 * or that no store can hold, is rejected.
 *
 * @param raw `{type, context, payload, id?}` or `{util, type, workflow, payload, id?}`, or the same as JSON text or bytes
 * @param receivedAt an ISO time
 * @param id the message's id where that does not stand in it, as a broker's
 */
export const decodeMessage = (
  raw: unknown,
  receivedAt: string,
  id?: string,
): E.Either<Rejection, MessageEnvelope> => {
  const body = bodyIn(raw)
  if (E.isLeft(body)) return body
  const normal = normalise(body.right)
  if (E.isLeft(normal)) return normal
  const { value, notes } = normal.right
  if (!isObject(value)) return E.left(rejection('invalid', `A message is one JSON object. ${form}`))
  const type = typeIn(value.type)
  if (E.isLeft(type)) return type
  const context = contextIn(value)
  if (E.isLeft(context)) return context
  const payload = isSaid(value.payload) ? value.payload : undefined
  const subject = subjectOf(type.right, context.right, payload)
  if (E.isLeft(subject)) return subject
  // In the order of the canonical form, which then needs no sorting.
  const said = defined({ context: context.right, payload, type: type.right })
  const text = canonical(said)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxMessageBytes) {
    const sentence = `The message has ${bytes} bytes; one document holds at most ${maxMessageBytes}.`
    return E.left(rejection('too-large', sentence))
  }
  const hash = sha256(text)
  const message = Object.assign(said, subject.right)
  return E.right({
    id: messageIdOf(value.id) ?? messageIdOf(id) ?? hash.slice(0, 32),
    digest: hash.slice(0, 16),
    receivedAt,
    bytes,
    body: message,
    notes: [...notes, ...oddities(message)],
  })
}

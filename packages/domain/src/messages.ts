import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import {
  Amount,
  AnyObject,
  Anything,
  Count,
  CountryCode,
  Flag,
  fields,
  IsoTime,
  instantOf,
  Latitude,
  Longitude,
  Name,
  Percent,
  Text,
} from './codecs.js'
import type { Command } from './commands.js'
import { canonical, isObject, type JsonObject, normalise, sha256 } from './json.js'
import { type Rejection, rejection } from './rejection.js'
import { type StreamId, workflowStream } from './stream.js'

const common = { batchId: Name, locationId: Name }
const perhaps = { id: Name, at: IsoTime }

const Processing = fields({}, { durationMs: Amount, sizeBytes: Amount })

const codecs = {
  'new-batch': fields(
    { ...common, type: t.literal('new-batch') },
    {
      ...perhaps,
      countryCode: CountryCode,
      queries: t.array(Text),
      geo: fields({ latitude: Latitude, longitude: Longitude }, {}),
      location: fields({}, { name: Text }),
      stages: t.array(Name),
      expectedItems: Count,
    },
  ),
  'item-found': fields(
    { ...common, type: t.literal('item-found'), item: fields({ mediaId: Name }, { kind: Text, url: Text }) },
    perhaps,
  ),
  'stage-complete': fields(
    { ...common, type: t.literal('stage-complete'), stage: Name },
    { ...perhaps, mediaId: Name, result: Anything, processing: Processing, progress: Percent },
  ),
  'workflow-progress': fields(
    { ...common, type: t.literal('workflow-progress'), progress: Percent },
    { ...perhaps, stage: Name },
  ),
  error: fields(
    { ...common, type: t.literal('error'), error: fields({ message: Text }, { code: Text, stack: Text }) },
    { ...perhaps, stage: Name, mediaId: Name, context: AnyObject, fatal: Flag },
  ),
  'workflow-complete': fields(
    { ...common, type: t.literal('workflow-complete') },
    { ...perhaps, summary: Anything },
  ),
  // Of a location alone, and so without a batch.
  location: fields(
    { locationId: Name, type: t.literal('location') },
    {
      ...perhaps,
      countryCode: CountryCode,
      geo: fields({ latitude: Latitude, longitude: Longitude }, {}),
      location: fields({}, { name: Text }),
    },
  ),
} as const

export type MessageType = keyof typeof codecs
export type MessageOf<T extends MessageType> = t.TypeOf<(typeof codecs)[T]>
export type CrawlMessage = { [T in MessageType]: MessageOf<T> }[MessageType]

/** Which handler takes which message. The names are those that crawler services call. */
export const handlerOf = {
  'new-batch': 'handleNewBatch',
  'item-found': 'handleItemFound',
  'stage-complete': 'handleStageComplete',
  'workflow-progress': 'handleWorkflowProgress',
  error: 'handleError',
  'workflow-complete': 'logWorkflowComplete',
  location: 'saveLocation',
} as const satisfies { [T in MessageType]: string }

export type HandlerName = (typeof handlerOf)[MessageType]

/** The stream that a message is about. */
export const streamOf = (message: CrawlMessage | Command): StreamId =>
  message.type === 'location' ? message.locationId : workflowStream(message.locationId, message.batchId)

/** A message that was decoded, or a command, with what the log needs to know of it. */
export interface Envelope {
  /** The message's own id, or the digest of its canonical form. */
  readonly id: string
  /** SHA-256 of the canonical form without the id: tells a redelivery from an id used twice. */
  readonly digest: string
  /** When it happened: the message's `at`, or when it was received. */
  readonly at: string
  readonly receivedAt: string
  /** The length of its canonical form in UTF-8 bytes. */
  readonly bytes: number
  readonly body: CrawlMessage | Command
}

export interface MessageEnvelope extends Envelope {
  readonly body: CrawlMessage
}

/** The most bytes of one message's canonical form: what a document of 16 MiB holds, with room for the rest. */
export const maxMessageBytes = 16 * 1024 * 1024 - 64 * 1024

const isMessageType = (type: unknown): type is MessageType =>
  typeof type === 'string' && Object.hasOwn(codecs, type)

/** `['item', 'mediaId']` as `item.mediaId`; io-ts puts the parts of an intersection in between as numbers. */
const pathOf = (context: t.Context): string => {
  let path = ''
  context.forEach((entry, i) => {
    const parent = context[i - 1]
    if (i === 0 || (parent?.type instanceof t.IntersectionType && /^\d+$/.test(entry.key))) return
    path += parent?.type instanceof t.ArrayType ? `[${entry.key}]` : `${path === '' ? '' : '.'}${entry.key}`
  })
  return path
}

const expectedBy = (type: t.Decoder<unknown, unknown>): string =>
  type instanceof t.ArrayType
    ? 'a list'
    : type instanceof t.IntersectionType || type instanceof t.InterfaceType || type instanceof t.PartialType
      ? 'an object'
      : type.name

const shown = (value: unknown): string => {
  if (value === undefined) return 'it is missing'
  const text = JSON.stringify(value)
  return `got ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`
}

const explain = (errors: t.Errors): Rejection => {
  const context = errors[0]?.context ?? []
  const last = context[context.length - 1]
  const path = pathOf(context)
  const expected = last === undefined ? 'a message' : expectedBy(last.type)
  return rejection('invalid', `${path}: expected ${expected}, ${shown(last?.actual)}.`, path)
}

const typeOf = (raw: JsonObject, handler: HandlerName | undefined): E.Either<Rejection, MessageType> => {
  const types = Object.keys(codecs) as MessageType[]
  const own = types.find(type => handlerOf[type] === handler)
  const type = raw.type ?? own
  if (!isMessageType(type))
    return E.left(
      rejection('unknown-type', `type: expected one of ${types.join(', ')}, ${shown(type)}.`, 'type'),
    )
  return own === undefined || own === type
    ? E.right(type)
    : E.left(
        rejection(
          'wrong-handler',
          `type: ${handler} takes "${own}", "${type}" goes to ${handlerOf[type]}.`,
          'type',
        ),
      )
}

/**
 * Decodes and normalises a message from outside.
 *
 * @param raw anything: what a broker delivered or a caller passed
 * @param receivedAt an ISO time, taken as `at` where the message has none
 * @param handler the handler it was given to; then `type` may be left out and must not differ
 */
export const decodeMessage = (
  raw: unknown,
  receivedAt: string,
  handler?: HandlerName,
): E.Either<Rejection, MessageEnvelope> => {
  const json = normalise(raw)
  if (E.isLeft(json)) return json
  if (!isObject(json.right)) return E.left(rejection('invalid', 'A message is one JSON object.'))
  const type = typeOf(json.right, handler)
  if (E.isLeft(type)) return type
  const codec = codecs[type.right]
  const input = json.right.type === undefined ? { ...json.right, type: type.right } : json.right
  // Asking is much cheaper than decoding, which notes the path of every field in case it is wrong.
  if (!codec.is(input)) {
    const decoded = codec.decode(input)
    return E.left(explain(E.isLeft(decoded) ? decoded.left : []))
  }
  const { id, ...rest } = input as CrawlMessage & JsonObject
  const at = rest.at === undefined ? undefined : new Date(instantOf(rest.at)).toISOString()
  const body = (at === rest.at ? rest : { ...rest, at }) as CrawlMessage & JsonObject
  const text = canonical(body)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxMessageBytes)
    return E.left(
      rejection(
        'too-large',
        `The message has ${bytes} bytes; one document holds at most ${maxMessageBytes}.`,
      ),
    )
  const digest = sha256(text)
  return E.right({ id: id ?? digest, digest, at: at ?? receivedAt, receivedAt, bytes, body })
}

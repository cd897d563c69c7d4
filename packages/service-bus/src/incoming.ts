import { isUtf8 } from 'node:buffer'
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { type Rejection, rejection } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'

/** A message as a handler takes it. */
export interface Incoming {
  readonly message: unknown
  readonly correlationId?: string
}

/** The property in which a message that is sent again keeps the id by which it was known. */
export const idProperty = 'crawl-message-id'

const textOf = (id: unknown): string | undefined =>
  typeof id === 'string' && id !== ''
    ? id
    : typeof id === 'number'
      ? String(id)
      : Buffer.isBuffer(id)
        ? id.toString('hex')
        : undefined

/** The message's own id: what the sender gave it. */
export const idOf = ({
  messageId,
  applicationProperties,
}: Pick<ServiceBusReceivedMessage, 'messageId' | 'applicationProperties'>): string | undefined =>
  textOf(applicationProperties?.[idProperty]) ?? textOf(messageId)

const parsed = (text: string): E.Either<Rejection, unknown> =>
  E.tryCatch(
    () => JSON.parse(text),
    error => rejection('invalid', `The body is not JSON: ${(error as Error).message}`),
  )

/** The body: bytes or a text of JSON, or an object of AMQP. */
const bodyOf = (body: unknown): E.Either<Rejection, unknown> => {
  if (typeof body === 'string') return parsed(body)
  if (!(body instanceof Uint8Array)) return E.right(body)
  return isUtf8(body)
    ? parsed(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
    : E.left(rejection('invalid', 'The body is not JSON: its bytes are not UTF-8.'))
}

const lacksId = (body: unknown): body is object =>
  typeof body === 'object' &&
  body !== null &&
  !Array.isArray(body) &&
  (body as { id?: unknown }).id === undefined

/** Reads a message of the broker. Where the body has no id of its own, the broker's `messageId` is its id. */
export const incomingOf = (
  received: Pick<ServiceBusReceivedMessage, 'body' | 'messageId' | 'correlationId' | 'applicationProperties'>,
): E.Either<Rejection, Incoming> => {
  const body = bodyOf(received.body)
  if (E.isLeft(body)) return body
  const id = idOf(received)
  const correlationId = textOf(received.correlationId)
  const message = id !== undefined && lacksId(body.right) ? { ...body.right, id } : body.right
  return E.right({ message, ...(correlationId === undefined ? {} : { correlationId }) })
}

import type { AmqpError, EventContext, Message, Receiver, Sender } from 'rhea'
import { stamped } from './content.js'
import type { Entity } from './entity.js'
import { lostLock, lostSession, notImplemented } from './errors.js'
import { Sessions } from './sessions.js'
import type { Settlement, Shelf } from './shelf.js'
import { tokenOf } from './token.js'

/** The answer to a request; undefined: none, since the connection was cut. */
type Answer =
  | { readonly code: number; readonly body?: unknown }
  | { readonly code: number; readonly error: AmqpError }
  | undefined

type Body = Record<string, unknown>

const gone = (error: AmqpError): Answer => ({ code: 410, error })

const tokensIn = (body: Body): readonly number[] =>
  Array.isArray(body['lock-tokens']) ? body['lock-tokens'].map(tokenOf) : []

const renewLocks = (shelf: Shelf, body: Body): Answer => {
  const expirations: Date[] = []
  for (const token of tokensIn(body)) {
    const until = shelf.renew(token)
    if (until === undefined) return gone(lostLock)
    expirations.push(new Date(until))
  }
  return { code: 200, body: { expirations } }
}

const settlementIn = (body: Body): Settlement | undefined => {
  switch (body['disposition-status']) {
    case 'completed':
      return { outcome: 'complete' }
    case 'abandoned':
      return { outcome: 'abandon' }
    case 'suspended': {
      const more = body['properties-to-modify']
      const properties = typeof more === 'object' && more !== null ? { ...more } : {}
      const reason = body['deadletter-reason']
      const description = body['deadletter-description']
      return {
        outcome: 'dead-letter',
        properties: {
          ...properties,
          ...(reason === undefined ? {} : { DeadLetterReason: reason }),
          ...(description === undefined ? {} : { DeadLetterErrorDescription: description }),
        },
      }
    }
    default:
      return undefined
  }
}

const settle = (entity: Entity, shelf: Shelf, body: Body, cut: () => void): Answer => {
  const settlement = settlementIn(body)
  if (settlement === undefined)
    return { code: 501, error: notImplemented(String(body['disposition-status'])) }
  const fault = entity.faultOfSettling()
  const done = fault !== 'before' && tokensIn(body).every(token => shelf.settle(token, settlement))
  if (fault !== undefined) {
    cut()
    return undefined
  }
  return done ? { code: 200 } : gone(lostLock)
}

const renewSession = (sessions: Sessions, body: Body): Answer => {
  const until = sessions.renew(String(body['session-id']))
  return until === undefined ? gone(lostSession) : { code: 200, body: { expiration: new Date(until) } }
}

const peek = (entity: Entity, body: Body): Answer => {
  const session = body['session-id']
  const messages = entity
    .peek(
      Number(body['from-sequence-number']),
      Number(body['message-count']),
      typeof session === 'string' ? session : undefined,
    )
    .map(held => ({ message: stamped(held.content, held) }))
  return messages.length === 0 ? { code: 204 } : { code: 200, body: { messages } }
}

const manage = (entity: Entity, { body, application_properties }: Message, cut: () => void): Answer => {
  const operation = String(application_properties?.operation)
  const { place } = entity
  if (operation === 'com.microsoft:peek-message') return peek(entity, body)
  if (place instanceof Sessions) {
    if (operation === 'com.microsoft:renew-session-lock') return renewSession(place, body)
  } else {
    if (operation === 'com.microsoft:renew-lock') return renewLocks(place, body)
    if (operation === 'com.microsoft:update-disposition') return settle(entity, place, body, cut)
  }
  return { code: 501, error: notImplemented(operation) }
}

/** Answers all requests on a link, each on the link that it names. */
const answerWith = (
  receiver: Receiver,
  replyTo: (address: string) => Sender | undefined,
  answer: (request: Message) => Answer,
): void => {
  receiver.on('message', ({ message, delivery }: EventContext) => {
    delivery?.accept()
    if (message === undefined) return
    const answered = answer(message)
    if (answered === undefined) return
    const error = 'error' in answered ? answered.error : undefined
    replyTo(message.reply_to ?? '')?.send({
      ...(message.message_id === undefined ? {} : { correlation_id: String(message.message_id) }),
      application_properties: {
        // $cbs is asked for the one spelling, $management for the other.
        'status-code': answered.code,
        statusCode: answered.code,
        statusDescription: error?.description ?? 'OK',
        ...(error === undefined ? {} : { errorCondition: error.condition }),
      },
      body: 'body' in answered ? answered.body : undefined,
    })
  })
}

/** `$cbs`: takes every token for good. */
export const attachClaims = (receiver: Receiver, replyTo: (address: string) => Sender | undefined): void =>
  answerWith(receiver, replyTo, () => ({ code: 202 }))

/** `ENTITY/$management`: what the SDK asks for beside the links that carry messages. */
export const attachManagement = (
  receiver: Receiver,
  replyTo: (address: string) => Sender | undefined,
  entity: Entity,
  cut: () => void,
): void => answerWith(receiver, replyTo, request => manage(entity, request, cut))

import { decodeMessage, type HandlerName, handlerOf } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import type { Intake } from './intake.js'
import type { Handler } from './ledger.js'
import type { Handling } from './telemetry/handling.js'

let lastTime = { ms: 0, text: '' }

/** The time now, ISO. Many messages come within a millisecond, and writing it out takes longer than looking. */
const now = (): string => {
  const ms = Date.now()
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() }
  return lastTime.text
}

/**
 * Decodes a message and hands it in. Without a handler's name the message's `type` chooses. One that cannot be taken is
 * rejected here, whether the store is there or not.
 */
const handler =
  (take: Intake, handling: Handling, name?: HandlerName): Handler =>
  (message, { spool = true, ...context } = {}) =>
    handling(async recognised => {
      const decoded = decodeMessage(message, now(), name)
      if (E.isLeft(decoded)) return { outcome: 'rejected', rejection: decoded.left }
      const envelope = decoded.right
      const trace = recognised(envelope)
      return take({ envelope, handler: handlerOf[envelope.body.type], ...context, ...trace }, { spool })
    })

export const makeHandlers = (take: Intake, handling: Handling): { readonly [H in HandlerName]: Handler } => {
  const names = Object.values(handlerOf)
  return Object.fromEntries(names.map(name => [name, handler(take, handling, name)])) as {
    [H in HandlerName]: Handler
  }
}

export const makeHandle = (take: Intake, handling: Handling): Handler => handler(take, handling)

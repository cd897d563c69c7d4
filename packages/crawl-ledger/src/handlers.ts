import { decodeMessage, type HandlerName, handlerOf, workflowStream } from '@crawl-ledger/domain'
import type { Writer } from '@crawl-ledger/log'
import * as E from 'fp-ts/lib/Either.js'
import type { Handler } from './ledger.js'

let lastTime = { ms: 0, text: '' }

/** The time now, ISO. Many messages come within a millisecond, and writing it out takes longer than looking. */
const now = (): string => {
  const ms = Date.now()
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() }
  return lastTime.text
}

/** Decodes a message and gives it to the writer. Without a handler's name the message's `type` chooses. */
const handler =
  (writer: Writer, name?: HandlerName): Handler =>
  async (message, context = {}) => {
    const decoded = decodeMessage(message, now(), name)
    if (E.isLeft(decoded)) return { outcome: 'rejected', rejection: decoded.left }
    const envelope = decoded.right
    const { type, locationId, batchId } = envelope.body
    return writer.write(workflowStream(locationId, batchId), {
      envelope,
      handler: handlerOf[type],
      ...context,
    })
  }

export const makeHandlers = (writer: Writer): { readonly [H in HandlerName]: Handler } => {
  const names = Object.values(handlerOf)
  return Object.fromEntries(names.map(name => [name, handler(writer, name)])) as {
    [H in HandlerName]: Handler
  }
}

export const makeHandle = (writer: Writer): Handler => handler(writer)

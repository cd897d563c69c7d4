import {
  type CrawlMessage,
  decodeMessage,
  handlerOf,
  type MessageType,
  type WorkflowContext,
} from '@crawl-ledger/domain'
import type { Receipt } from '@crawl-ledger/log'
import * as E from 'fp-ts/lib/Either.js'
import type { Intake } from './intake.js'
import type { Handle, Handlers, MessageOptions } from './ledger.js'
import type { Handling } from './telemetry/handling.js'

let lastTime = { ms: 0, text: '' }

/** The time now, ISO. Many messages come within a millisecond, and writing it out takes longer than looking. */
const now = (): string => {
  const ms = Date.now()
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() }
  return lastTime.text
}

/** The receipt with the item that the message is about, and what was odd about it. */
const withSubject = (receipt: Receipt, { itemId }: CrawlMessage, notes: readonly string[]): Receipt => {
  const all = [...notes, ...(receipt.notes ?? [])]
  const named: Receipt = itemId === undefined ? receipt : { itemId, ...receipt }
  return all.length === 0 ? named : { ...named, notes: all }
}

/** Decodes a message and hands it in. One that cannot be taken is rejected here, whether the store is there or not. */
export const makeHandle =
  (take: Intake, handling: Handling): Handle =>
  (message, { spool = true, id, ...context } = {}) =>
    handling(async recognised => {
      const decoded = decodeMessage(message, now(), id)
      if (E.isLeft(decoded)) return { outcome: 'rejected', rejection: decoded.left }
      const { notes, ...envelope } = decoded.right
      const trace = recognised(envelope)
      const incoming = { envelope, handler: handlerOf[envelope.body.type], ...context, ...trace }
      return withSubject(await take(incoming, { spool }), envelope.body, notes)
    })

/** The services' six handlers: each gives its context and payload to `handle` under its own type. */
export const makeHandlers = (handle: Handle): Handlers => {
  const handler =
    (type: MessageType) =>
    (context: WorkflowContext, payload: unknown, options?: MessageOptions): Promise<Receipt> =>
      handle({ type, context, payload }, options)
  return {
    handleNewBatch: handler('new_batch'),
    handleItemFound: handler('item_found'),
    handleStageComplete: handler('stage_complete'),
    handleWorkflowProgress: handler('workflow_progress'),
    handleError: handler('error'),
    logWorkflowComplete: (context, options) => handle({ type: 'workflow_complete', context }, options),
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { Receipt } from '@crawl-ledger/log'
import { incomingOf } from './incoming.js'
import { guard, type SecurityToken } from './security.js'
import { type Settlement, settlementOf } from './settlement.js'
import type { StoreGate } from './store-gate.js'

/**
 * Takes one message; `ledger.handle` fits. What it answers decides: `recorded`, `duplicate`, `unchanged` and `spooled`
 * complete the message, `rejected` dead-letters it, `unavailable` keeps it until the store is back. While it works the
 * message stays locked. One that throws gives the message back.
 */
export type Handle = (
  message: unknown,
  options: { readonly id?: string; readonly correlationId?: string; readonly spool: false },
) => Promise<Receipt>

export interface HandlingOptions {
  readonly handle: Handle
  readonly securityToken: SecurityToken | undefined
  readonly gate: StoreGate
  /** For how long a message is kept in hand while the store is away, in milliseconds. */
  readonly holdMs: number
  readonly halt: AbortSignal
  /** The handler threw. */
  readonly onThrow: (message: ServiceBusReceivedMessage, error: unknown) => void
}

const longestPauseMs = 30_000

/** How long a message that was given back so often is kept before it is given back again. */
const pauseOf = ({ deliveryCount = 0 }: ServiceBusReceivedMessage): number =>
  Math.min(longestPauseMs, 250 * 2 ** Math.min(deliveryCount, 10))

/**
 * What is to become of a message. While the store is away it is kept in hand, locked: each time it is given back counts
 * as a delivery, and after so many the broker takes it for dead.
 */
export const handling = ({ handle, securityToken, gate, holdMs, halt, onThrow }: HandlingOptions) => {
  const refusal = securityToken === undefined ? () => undefined : guard(securityToken)
  return async (received: ServiceBusReceivedMessage): Promise<Settlement> => {
    const refused = refusal(received)
    if (refused !== undefined) return { tag: 'dead-letter', rejection: refused }
    const { message, ...options } = incomingOf(received)
    let late: AbortSignal | undefined
    try {
      for (;;) {
        const settlement = settlementOf(await handle(message, { ...options, spool: false }))
        if (settlement !== undefined) return settlement
        gate.shut()
        late ??= AbortSignal.any([halt, AbortSignal.timeout(holdMs)])
        if (!(await gate.opened(late))) return { tag: 'abandon' }
      }
    } catch (error) {
      onThrow(received, error)
      await delay(pauseOf(received), undefined, { signal: halt }).catch(() => {})
      return { tag: 'abandon' }
    }
  }
}

import type { Observable } from 'rxjs'
import type { Bus } from './bus.js'
import type { Entity } from './entity.js'
import { BusUnusable } from './errors.js'
import type { Handle } from './handling.js'
import type { Logger } from './logger.js'
import { Receiving } from './receiving.js'
import type { SecurityToken } from './security.js'

export interface ConsumerOptions {
  readonly bus: Bus
  readonly from: Entity
  readonly handle: Handle
  /** Asks the store whether it is back: `ledger.ping` fits. */
  readonly ping: () => Promise<unknown>
  /** A message without this secret is never handled: it becomes a dead letter. Left out, none is asked for. */
  readonly securityToken?: SecurityToken
  /** Whether the entity has sessions. Left out, the broker is asked by trying. */
  readonly sessions?: boolean
  /** How many messages are in hand at most, of all sessions together: 1 to 1000, default 10. */
  readonly atOnce?: number
  /** How many sessions are worked on at once: 1 to 100, default 8. */
  readonly sessionsAtOnce?: number
  /** How long a session without messages is kept, in milliseconds: 1 to 600,000, default 200. */
  readonly sessionIdleMs?: number
  /** For how long the lock on a message or a session is renewed, in milliseconds: 0 to 86,400,000, default 300,000. */
  readonly renewLocksForMs?: number
  /**
   * For how long a message is kept in hand while the store is away, in milliseconds, before it is given back: 0 to
   * 86,400,000, default 30,000.
   */
  readonly holdMs?: number
  readonly logger?: Logger
}

/** What became of the messages that were taken. */
export interface ConsumerCounts {
  readonly completed: number
  readonly deadLettered: number
  readonly abandoned: number
  /** Settled, but the broker did not hear of it: it delivers them again, and they are duplicates then. */
  readonly lost: number
}

export interface ConsumerStatus {
  /** `waiting`: the broker or the store is away, see `error`; `failed`: it has ended, see `error`. */
  readonly state: 'starting' | 'receiving' | 'waiting' | 'stopped' | 'failed'
  readonly error?: Error
  readonly counts: ConsumerCounts
}

export interface Consumer {
  /** Each change of the state; ends when the consumer does. */
  readonly status: Observable<ConsumerStatus>
  readonly now: ConsumerStatus
  /** Resolves when it was stopped. Rejects with a `BusError` that trying again does not mend. */
  readonly finished: Promise<void>
  /** Takes no more messages, and resolves when what is in hand is settled or given back. */
  stop(): Promise<void>
}

const whole = (name: string, value: number, low: number, high: number): number => {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  throw new BusUnusable(`${name}: it must be a whole number from ${low} to ${high}, and not ${value}.`)
}

/**
 * Takes messages from a queue or from a topic's subscription, and settles each only after what it says is durable.
 *
 * @throws BusUnusable when an option is out of its range
 */
export const startConsumer = ({
  atOnce = 10,
  sessionsAtOnce = 8,
  sessionIdleMs = 200,
  renewLocksForMs = 300_000,
  holdMs = 30_000,
  ...options
}: ConsumerOptions): Consumer => {
  // An empty one would be no secret, and its guard would look like one.
  const { securityToken } = options
  if (securityToken !== undefined && (securityToken.value === '' || securityToken.property === ''))
    throw new BusUnusable('securityToken: neither its value nor its property may be empty.')
  return new Receiving({
    ...options,
    atOnce: whole('atOnce', atOnce, 1, 1000),
    sessionsAtOnce: whole('sessionsAtOnce', sessionsAtOnce, 1, 100),
    sessionIdleMs: whole('sessionIdleMs', sessionIdleMs, 1, 600_000),
    renewLocksForMs: whole('renewLocksForMs', renewLocksForMs, 0, 86_400_000),
    holdMs: whole('holdMs', holdMs, 0, 86_400_000),
  })
}

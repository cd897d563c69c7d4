import type { Counts, EntityOptions, Faults, HeldMessage } from './broker.js'
import { bodyOf, type Content, withProperties } from './content.js'
import { Sessions } from './sessions.js'
import { Shelf } from './shelf.js'

/** A message in an entity. */
export interface Held {
  readonly content: Content
  readonly sequence: number
  readonly enqueuedAt: number
  /** How often its delivery failed. */
  deliveryCount: number
  /** How many have it: one, unless `faults.onDeliver` delivered it twice. */
  locks: number
  waiting: boolean
}

/** What a shelf needs of the entity that it is part of. */
export interface Store {
  readonly tally: { -readonly [K in Exclude<keyof Counts, 'active'>]: number }
  readonly maxDeliveries: number
  /** Whether a message is still there: neither completed nor dead. */
  readonly holds: (held: Held) => boolean
  readonly forget: (held: Held) => void
  /** Moves a message to the dead ones, with properties that say why. */
  readonly bury: (held: Held, properties: Record<string, unknown>) => void
  readonly deliversTwice: () => boolean
}

/** A queue, a subscription, or the dead messages of one. */
export class Entity implements Store {
  readonly tally = {
    locked: 0,
    deadLettered: 0,
    completed: 0,
    abandoned: 0,
    expiredLocks: 0,
    duplicatesDropped: 0,
    deliveries: 0,
  }
  readonly maxDeliveries: number
  /** Where its dead messages go; undefined if it holds the dead ones itself. */
  readonly dead: Entity | undefined
  readonly place: Shelf | Sessions
  private readonly held = new Set<Held>()
  private readonly seen: Set<string> | undefined
  private lastSequence = 0

  constructor(
    readonly name: string,
    private readonly faults: Faults,
    options: EntityOptions,
    isDead = false,
  ) {
    const { sessions = false, lockMs = 30_000, maxDeliveries = 10, detectDuplicates = false } = options
    this.maxDeliveries = isDead ? Number.POSITIVE_INFINITY : maxDeliveries
    this.dead = isDead ? undefined : new Entity(`${name}/$deadletterqueue`, faults, { lockMs }, true)
    this.place = sessions ? new Sessions(this, lockMs) : new Shelf(this, lockMs)
    this.seen = detectDuplicates ? new Set() : undefined
  }

  /** Whether such a message may lie here: with sessions, each must have one. */
  admits({ sessionId }: Content): boolean {
    return this.place instanceof Shelf || sessionId !== undefined
  }

  put(content: Content, deliveryCount = 0): void {
    if (this.isDuplicate(content)) return
    const held = {
      content,
      sequence: ++this.lastSequence,
      enqueuedAt: Date.now(),
      deliveryCount,
      locks: 0,
      waiting: false,
    }
    this.held.add(held)
    this.place.put(held)
  }

  holds(held: Held): boolean {
    return this.held.has(held)
  }

  forget(held: Held): void {
    this.held.delete(held)
    if (held.locks > 0) this.tally.locked--
  }

  bury(held: Held, properties: Record<string, unknown>): void {
    this.forget(held)
    this.tally.deadLettered++
    this.dead?.put(withProperties(held.content, properties), held.deliveryCount)
  }

  deliversTwice(): boolean {
    return this.faults.onDeliver?.(this.name) === 'twice'
  }

  faultOfSettling(): 'before' | 'after' | undefined {
    return this.faults.onSettle?.(this.name)
  }

  get counts(): Counts {
    return { active: this.held.size - this.tally.locked, ...this.tally }
  }

  get messages(): readonly HeldMessage[] {
    return [...this.held].map(held => {
      const { messageId, sessionId, message } = held.content
      const { DeadLetterReason: reason, DeadLetterErrorDescription: description } =
        message.application_properties ?? {}
      return {
        body: bodyOf(held.content),
        ...(messageId === undefined ? {} : { messageId }),
        ...(sessionId === undefined ? {} : { sessionId }),
        deliveryCount: held.deliveryCount,
        applicationProperties: { ...message.application_properties },
        ...(reason === undefined ? {} : { deadLetterReason: reason }),
        ...(description === undefined ? {} : { deadLetterErrorDescription: description }),
      }
    })
  }

  /** Some messages without taking them, from a sequence number on. */
  peek(from: number, count: number, sessionId: string | undefined): readonly Held[] {
    const found: Held[] = []
    for (const held of this.held) {
      if (found.length === count) break
      if (held.sequence < from) continue
      if (sessionId === undefined || held.content.sessionId === sessionId) found.push(held)
    }
    return found
  }

  private isDuplicate({ messageId }: Content): boolean {
    if (this.seen === undefined || messageId === undefined) return false
    if (this.seen.has(messageId)) {
      this.tally.duplicatesDropped++
      return true
    }
    this.seen.add(messageId)
    return false
  }
}

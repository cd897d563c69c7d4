/** How a queue or a subscription is set up. */
export interface EntityOptions {
  /** Whether its messages belong to sessions; false by default. */
  readonly sessions?: boolean
  /** How long a message or a session stays with its receiver, in milliseconds; 30,000 by default. */
  readonly lockMs?: number
  /** After how many deliveries a message is dead-lettered; 10 by default. */
  readonly maxDeliveries?: number
  /** Whether a message whose id was seen before is dropped; false by default. */
  readonly detectDuplicates?: boolean
}

/** What an entity holds, and what became of its messages since it was made. */
export interface Counts {
  /** Waiting for a receiver. */
  readonly active: number
  /** With a receiver. */
  readonly locked: number
  readonly deadLettered: number
  readonly completed: number
  readonly abandoned: number
  readonly expiredLocks: number
  readonly duplicatesDropped: number
  readonly deliveries: number
}

/** A message as it lies in an entity. */
export interface HeldMessage {
  readonly body: unknown
  readonly messageId?: string
  readonly sessionId?: string
  readonly deliveryCount: number
  readonly applicationProperties: Record<string, unknown>
  readonly deadLetterReason?: string
  readonly deadLetterErrorDescription?: string
}

/** A message to put in. */
export interface NewMessage {
  readonly body: unknown
  readonly messageId?: string
  readonly sessionId?: string
  readonly applicationProperties?: Record<string, unknown>
}

/** What goes wrong, if a test says so; each may be set and cleared at any time. Entities are named as they were added. */
export interface Faults {
  /**
   * Asked at each settlement: `before` cuts the connection without applying it, `after` applies it and cuts before
   * the answer.
   */
  onSettle?: ((entity: string) => 'before' | 'after' | undefined) | undefined
  /** Asked at each transfer that a client sends, with one message or a batch: the same for it. */
  onSend?: ((entity: string) => 'before' | 'after' | undefined) | undefined
  /**
   * Asked at each delivery: `twice` delivers the message a second time to whoever has credit. Whoever settles it
   * second is told that the lock is lost.
   */
  onDeliver?: ((entity: string) => 'twice' | undefined) | undefined
  /** Asked at each new link to an entity: refuses it with the AMQP condition that is returned. */
  refuseLinks?: ((address: string) => string | undefined) | undefined
}

/**
 * A broker for tests. An entity is named `QUEUE`, `TOPIC` or `TOPIC/Subscriptions/NAME`, in any case; with
 * `/$deadletterqueue` behind it, its dead messages are meant.
 */
export interface TestBroker {
  readonly connectionString: string
  readonly faults: Faults
  queue(name: string, options?: EntityOptions): void
  topic(name: string, options?: Pick<EntityOptions, 'detectDuplicates'>): void
  subscription(topic: string, name: string, options?: EntityOptions): void
  /** @throws Error when there is no such entity */
  counts(entity: string): Counts
  /** All that an entity holds, in order. @throws Error when there is no such entity */
  messages(entity: string): readonly HeldMessage[]
  /** Puts messages in without a connection. @throws Error when there is no such entity */
  put(entity: string, messages: readonly NewMessage[]): void
  /** Cuts all connections now. What they had locked comes back when its lock expires; sessions at once. */
  cut(): void
  /** Makes all locks expire now. */
  expireLocks(): void
  /** Stops listening and cuts all connections. What it holds stays: see `from` of `startTestBroker`. */
  close(): Promise<void>
}

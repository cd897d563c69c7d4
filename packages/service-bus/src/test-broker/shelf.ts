import type { Held, Store } from './entity.js'
import { InOrder } from './in-order.js'
import { Locks } from './locks.js'

/** A receiver's link. */
export interface Consumer {
  /** Whether messages are deleted as they are delivered, without a lock. */
  readonly deletes: boolean
  /** Whether it has credit for one more. */
  readonly wants: () => boolean
  readonly deliver: (held: Held, lock: { readonly token: number; readonly until: number } | undefined) => void
  /** Its session's lock expired: the broker detaches it. */
  readonly sessionLost: () => void
}

export type Settlement =
  | { readonly outcome: 'complete' | 'abandon' | 'release' }
  | { readonly outcome: 'dead-letter'; readonly properties: Record<string, unknown> }

let lastToken = 0

/**
 * Messages in order, with those who receive them in turn: all messages of an entity without sessions, or those of
 * one session.
 */
export class Shelf {
  private readonly waiting = new InOrder<Held>()
  private readonly locks: Locks<number, Held>
  private readonly consumers: Consumer[] = []
  private turn = 0

  /** @param lockMs Infinity in a session, whose messages are locked as long as it is */
  constructor(
    private readonly store: Store,
    lockMs: number,
  ) {
    this.locks = new Locks(lockMs, (_token, held) => {
      store.tally.expiredLocks++
      if (this.unlocked(held)) this.giveBack(held, true)
    })
  }

  get hasWaiting(): boolean {
    return this.first() !== undefined
  }

  put(held: Held): void {
    this.wait(held)
    this.dispatch()
  }

  join(consumer: Consumer): void {
    this.consumers.push(consumer)
    this.dispatch()
  }

  leave(consumer: Consumer): void {
    const place = this.consumers.indexOf(consumer)
    if (place !== -1) this.consumers.splice(place, 1)
  }

  /** Delivers as long as somebody wants one. Called whenever that may have become so. */
  dispatch(): void {
    for (let held = this.first(); held !== undefined; held = this.first()) {
      const consumer = this.next()
      if (consumer === undefined) return
      this.waiting.take()
      held.waiting = false
      this.deliver(held, consumer)
    }
  }

  /** @returns false if the lock is lost, or another delivery of the message was settled: then nothing is done */
  settle(token: number, settlement: Settlement): boolean {
    const { tally } = this.store
    const held = this.locks.remove(token)
    if (held === undefined || !this.unlocked(held)) return false
    switch (settlement.outcome) {
      case 'complete':
        tally.completed++
        this.store.forget(held)
        break
      case 'abandon':
        tally.abandoned++
        this.giveBack(held, true)
        break
      case 'release':
        this.giveBack(held, false)
        break
      case 'dead-letter':
        this.store.bury(held, settlement.properties)
    }
    return true
  }

  renew(token: number): number | undefined {
    return this.locks.renew(token)
  }

  expireLocks(): void {
    this.locks.expireAll()
  }

  /** @param counted whether this was a delivery that failed */
  returnAll(counted: boolean): void {
    for (const held of this.locks.clear()) if (this.unlocked(held)) this.giveBack(held, counted)
  }

  /** @returns false if another delivery of the message was settled meanwhile */
  private unlocked(held: Held): boolean {
    held.locks--
    if (!this.store.holds(held)) return false
    if (held.locks === 0) this.store.tally.locked--
    return true
  }

  private wait(held: Held): void {
    held.waiting = true
    this.waiting.add(held)
  }

  private first(): Held | undefined {
    for (let held = this.waiting.first; held !== undefined; held = this.waiting.first) {
      if (this.store.holds(held)) return held
      this.waiting.take()
    }
    return undefined
  }

  private giveBack(held: Held, counted: boolean): void {
    if (counted) held.deliveryCount++
    if (held.deliveryCount >= this.store.maxDeliveries)
      this.store.bury(held, {
        DeadLetterReason: 'MaxDeliveryCountExceeded',
        DeadLetterErrorDescription: `Message could not be consumed after ${held.deliveryCount} delivery attempts.`,
      })
    else if (!held.waiting && held.locks === 0) this.put(held)
  }

  private deliver(held: Held, consumer: Consumer): void {
    const { tally } = this.store
    tally.deliveries++
    if (consumer.deletes) {
      tally.completed++
      this.store.forget(held)
      consumer.deliver(held, undefined)
      return
    }
    if (held.locks === 0) tally.locked++
    held.locks++
    const token = ++lastToken
    const until = this.locks.add(token, held)
    consumer.deliver(held, { token, until })
    if (held.locks === 1 && this.store.deliversTwice()) this.wait(held)
  }

  private next(): Consumer | undefined {
    for (let asked = 0; asked < this.consumers.length; asked++) {
      this.turn = (this.turn + 1) % this.consumers.length
      const consumer = this.consumers[this.turn]
      if (consumer?.wants() === true) return consumer
    }
    return undefined
  }
}

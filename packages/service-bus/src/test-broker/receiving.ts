import type { Delivery, EventContext, Sender } from 'rhea'
import { stamped } from './content.js'
import type { Entity } from './entity.js'
import { lostLock, lostSession, notImplemented } from './errors.js'
import { accept, allowed, hasRoom, refuse, settleBefore } from './rhea-internals.js'
import type { Consumer, Settlement, Shelf } from './shelf.js'
import { tagOf, tokenOf } from './token.js'

/** What the peer says about a delivery; undefined where the broker does not know it. */
const settlementOf = ({ remote_state: state }: Delivery, event: string): Settlement | undefined => {
  switch (event) {
    case 'accepted':
      return { outcome: 'complete' }
    case 'released':
      return { outcome: 'release' }
    case 'modified':
      return state?.undeliverable_here === true ? undefined : { outcome: 'abandon' }
    default: {
      const told: Record<string, unknown> = state?.error?.info ?? {}
      const properties = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null))
      return { outcome: 'dead-letter', properties }
    }
  }
}

/** A link on which messages go out to a client, who settles them on it. */
export class ReceivingLink implements Consumer {
  readonly deletes: boolean
  private shelf: Shelf | undefined
  private sessionLockedUntil: (() => number) | undefined
  private used = 0

  constructor(
    private readonly sender: Sender,
    private readonly entity: Entity,
    private readonly cut: () => void,
  ) {
    this.deletes = sender.snd_settle_mode === 1
  }

  /**
   * Answers the attach; the shelf lets the link join after that.
   *
   * @param sessionLockedUntil if the shelf is a session's
   */
  open(shelf: Shelf, sessionLockedUntil?: () => number): void {
    this.shelf = shelf
    this.sessionLockedUntil = sessionLockedUntil
    for (const event of ['accepted', 'released', 'modified', 'rejected'])
      this.sender.on(event, ({ delivery }: EventContext) => {
        if (delivery !== undefined) this.settle(delivery, event)
      })
    this.sender.on('sender_flow', () => shelf.dispatch())
    this.sender.on('sendable', () => shelf.dispatch())
    this.sender.on('sender_draining', () => {
      this.used = allowed(this.sender)
      this.sender.set_drained(true)
    })
    this.sender.attach()
  }

  wants(): boolean {
    return allowed(this.sender) > this.used && hasRoom(this.sender) && this.sender.is_open()
  }

  deliver(...[held, lock]: Parameters<Consumer['deliver']>): void {
    this.used++
    const lockedUntil = lock && (this.sessionLockedUntil?.() ?? lock.until)
    const bytes = stamped(held.content, { ...held, lockedUntil })
    const delivery = this.sender.send(bytes, tagOf(lock?.token ?? 0), 0)
    if (lock === undefined) settleBefore(delivery)
  }

  sessionLost(): void {
    this.sender.close(lostSession)
  }

  private settle(delivery: Delivery, event: string): void {
    const settlement = settlementOf(delivery, event)
    if (settlement === undefined) {
      refuse(delivery, notImplemented('defer'))
      return
    }
    const fault = this.entity.faultOfSettling()
    const done = fault !== 'before' && this.shelf?.settle(tokenOf(delivery.tag), settlement) === true
    if (fault !== undefined) this.cut()
    else if (done) accept(delivery)
    else refuse(delivery, this.sessionLockedUntil === undefined ? lostLock : lostSession)
  }
}

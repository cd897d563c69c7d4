import type { Held, Store } from './entity.js'
import { Locks } from './locks.js'
import { type Consumer, Shelf } from './shelf.js'

/** A link that asks for a session: a certain one, or whichever has messages next. */
export interface Asker {
  readonly consumer: Consumer
  /** @param until until when the session is locked, whenever it is asked */
  readonly granted: (id: string, shelf: Shelf, until: () => number) => void
}

/** The sessions of an entity: each has at most one receiver, and waits for one while it has messages. */
export class Sessions {
  private readonly shelves = new Map<string, Shelf>()
  private readonly owners: Locks<string, Consumer>
  /** With messages and without a receiver, longest first. */
  private readonly free = new Set<string>()
  private readonly askers = new Set<Asker>()

  constructor(
    private readonly store: Store,
    lockMs: number,
  ) {
    this.owners = new Locks(lockMs, (id, consumer) => {
      store.tally.expiredLocks++
      this.vacate(id, consumer, true)
      consumer.sessionLost()
    })
  }

  put(held: Held): void {
    const id = held.content.sessionId ?? ''
    this.shelf(id).put(held)
    this.offer(id)
  }

  /** Takes a certain session, which may be empty. @returns false if another has it */
  take(id: string, asker: Asker): boolean {
    if (this.owners.get(id) !== undefined) return false
    this.free.delete(id)
    const shelf = this.shelf(id)
    const first = this.owners.add(id, asker.consumer)
    asker.granted(id, shelf, () => this.owners.until(id) ?? first)
    shelf.join(asker.consumer)
    return true
  }

  /** Takes the next session with messages, or waits for one. */
  ask(asker: Asker): void {
    const [id] = this.free
    if (id === undefined) this.askers.add(asker)
    else this.take(id, asker)
  }

  /** @returns whether it still waited */
  giveUp(asker: Asker): boolean {
    return this.askers.delete(asker)
  }

  /** A receiver closes or is cut off: its session is free at once, and its messages were not failures. */
  release(id: string, consumer: Consumer): void {
    if (this.owners.get(id) !== consumer) return
    this.owners.remove(id)
    this.vacate(id, consumer, false)
  }

  /** @returns until when from now on; undefined if nobody has it */
  renew(id: string): number | undefined {
    return this.owners.renew(id)
  }

  expireLocks(): void {
    this.owners.expireAll()
  }

  private vacate(id: string, consumer: Consumer, counted: boolean): void {
    const shelf = this.shelf(id)
    shelf.leave(consumer)
    shelf.returnAll(counted)
    if (shelf.hasWaiting) this.offer(id)
    else this.shelves.delete(id)
  }

  private offer(id: string): void {
    if (this.owners.get(id) !== undefined) return
    const [asker] = this.askers
    if (asker === undefined) this.free.add(id)
    else {
      this.askers.delete(asker)
      this.take(id, asker)
    }
  }

  private shelf(id: string): Shelf {
    const found = this.shelves.get(id)
    if (found !== undefined) return found
    const shelf = new Shelf(this.store, Number.POSITIVE_INFINITY)
    this.shelves.set(id, shelf)
    return shelf
  }
}

import type { Leases } from '@crawl-ledger/log'
import { BehaviorSubject, type Observable, skip } from 'rxjs'
import { type Holding, share } from './sharing.js'

export interface TenureOptions {
  /** The projection whose partitions are shared. */
  readonly projection: string
  /** This worker's name, which no other may have. */
  readonly worker: string
  readonly partitions: number
  /** After how long a lease that was not renewed is another's, in milliseconds. */
  readonly leaseMs: number
  readonly onError: (error: unknown) => void
}

const partitionLease = (projection: string, partition: number): string =>
  `${projection}/partition/${String(partition).padStart(4, '0')}`
const workerLease = (projection: string, worker: string): string => `${projection}/worker/${worker}`

/** Who holds which partition and which workers are alive, as the store's clock says. */
export const readHolding = async (leases: Leases, projection: string): Promise<Holding> => {
  const all = (await leases.list(`${projection}/`)).filter(({ expired }) => !expired)
  const partitions = `${projection}/partition/`
  const workers = `${projection}/worker/`
  return {
    owners: new Map(
      all
        .filter(({ name }) => name.startsWith(partitions))
        .map(({ name, owner }) => [Number(name.slice(partitions.length)), owner]),
    ),
    workers: all.filter(({ name }) => name.startsWith(workers)).map(({ owner }) => owner),
  }
}

/** How often it looks for what others gave back, in milliseconds: a worker that stops is followed as soon as that. */
const lookMs = 500

/**
 * A worker's share of the partitions: it renews its leases three times within their duration, takes what is free or
 * was left by a worker that died, and gives back what is more than its share.
 */
export class Tenure {
  private readonly held = new BehaviorSubject<ReadonlySet<number>>(new Set())
  /** By our own clock, until when the leases surely hold. */
  private surelyUntil = 0
  private renewed = Number.NEGATIVE_INFINITY
  private timer: NodeJS.Timeout | undefined
  private beating: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(
    private readonly leases: Leases,
    private readonly options: TenureOptions,
  ) {
    this.beat()
  }

  /** The partitions to project now. A worker that could not renew its leases in time has none. */
  get now(): ReadonlySet<number> {
    return performance.now() < this.surelyUntil ? this.held.value : new Set()
  }

  /** Emits when the partitions change, and nothing before: a projector that it wakes must not be woken by asking. */
  get changes(): Observable<ReadonlySet<number>> {
    return this.held.pipe(skip(1))
  }

  /** Gives everything back, so that others go on at once. Call it when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.beating
    const { projection, worker } = this.options
    const names = [...this.held.value].map(partition => partitionLease(projection, partition))
    this.held.next(new Set())
    this.held.complete()
    try {
      await this.leases.release(worker, [...names, workerLease(projection, worker)])
    } catch (error) {
      // They run out by themselves.
      this.options.onError(error)
    }
  }

  private beat(): void {
    if (this.stopped) return
    const { leaseMs, onError } = this.options
    this.beating = this.look().catch(onError)
    void this.beating.then(() => {
      if (!this.stopped) this.timer = setTimeout(() => this.beat(), Math.min(lookMs, leaseMs / 3))
    })
  }

  /** Comes to its share. */
  private async look(): Promise<void> {
    const { projection, worker, partitions } = this.options
    const mine = await this.renew()
    const { take, release } = share(worker, mine, partitions, await readHolding(this.leases, projection))
    if (release.length > 0) {
      // No longer ours before it is given back, so that nobody else meets us there.
      this.settle(mine.filter(partition => !release.includes(partition)))
      await this.leases.release(worker, release.map(this.leaseOf))
    }
    if (take.length === 0) return
    const taken = new Set(await this.leases.take(worker, take.map(this.leaseOf), this.options.leaseMs))
    this.settle([...this.held.value, ...take.filter(partition => taken.has(this.leaseOf(partition)))])
  }

  /** The partitions that are its own, with leases that are renewed where a third of their time is over. */
  private async renew(): Promise<readonly number[]> {
    const { projection, worker, leaseMs } = this.options
    const start = performance.now()
    const mine = [...this.held.value]
    // Timers are a little early or late; a renewal is rather early.
    if (start - this.renewed < leaseMs / 3 - lookMs / 10) return mine
    const present = workerLease(projection, worker)
    const kept = new Set(await this.leases.take(worker, [present, ...mine.map(this.leaseOf)], leaseMs))
    this.renewed = start
    this.surelyUntil = start + leaseMs
    const still = mine.filter(partition => kept.has(this.leaseOf(partition)))
    this.settle(still)
    return still
  }

  private readonly leaseOf = (partition: number): string => partitionLease(this.options.projection, partition)

  private settle(partitions: readonly number[]): void {
    const before = this.held.value
    if (partitions.length === before.size && partitions.every(partition => before.has(partition))) return
    this.held.next(new Set(partitions))
  }
}

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

/**
 * A worker's share of the partitions: it renews its leases three times within their duration, takes what is free or
 * was left by a worker that died, and gives back what is more than its share.
 */
export class Tenure {
  private readonly held = new BehaviorSubject<ReadonlySet<number>>(new Set())
  /** By our own clock, until when the leases surely hold. */
  private surelyUntil = 0
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
    this.beating = this.renew().catch(this.options.onError)
    void this.beating.then(() => {
      if (!this.stopped) this.timer = setTimeout(() => this.beat(), this.options.leaseMs / 3)
    })
  }

  private async renew(): Promise<void> {
    const { projection, worker, partitions, leaseMs } = this.options
    const start = performance.now()
    const name = (partition: number): string => partitionLease(projection, partition)
    const present = workerLease(projection, worker)
    const kept = new Set(
      await this.leases.take(worker, [present, ...[...this.held.value].map(name)], leaseMs),
    )
    const mine = [...this.held.value].filter(partition => kept.has(name(partition)))
    const { take, release } = share(worker, mine, partitions, await readHolding(this.leases, projection))
    // No longer ours before it is given back, so that nobody else meets us there.
    const remaining = mine.filter(partition => !release.includes(partition))
    this.settle(remaining, start)
    if (release.length > 0) await this.leases.release(worker, release.map(name))
    if (take.length === 0) return
    const taken = new Set(await this.leases.take(worker, take.map(name), leaseMs))
    this.settle([...remaining, ...take.filter(partition => taken.has(name(partition)))], start)
  }

  private settle(partitions: readonly number[], since: number): void {
    this.surelyUntil = since + this.options.leaseMs
    const before = this.held.value
    if (partitions.length === before.size && partitions.every(partition => before.has(partition))) return
    this.held.next(new Set(partitions))
  }
}

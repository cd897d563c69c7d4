import { setTimeout as delay } from 'node:timers/promises'
import { type Incoming, partitionOf, type Receipt, type Writer } from '@crawl-ledger/log'
import * as E from 'fp-ts/lib/Either.js'
import type { StoreWatch } from '../away/store-watch.js'
import { type Intake, written } from '../intake.js'
import { mostAtOnce, sizeAfter } from './batch-size.js'
import { type Drained, outcomeOf } from './drained.js'
import { type Arrival, inOrder, kept, Lanes, locationIn, unkept } from './queue.js'
import type { SpoolReporter, SpoolState } from './reporter.js'
import type { Settled, SpooledMessage, SpoolFile } from './spool-file.js'

export interface SpoolOptions {
  readonly file: SpoolFile
  readonly writer: Writer
  readonly watch: StoreWatch
  /** How many partitions the ledger has; 0 until the store was reached. */
  readonly partitions: () => number
  /** How many messages may wait. */
  readonly max: number
  readonly reporter: SpoolReporter
}

const bytesAtOnce = 8 * 1024 * 1024

const firstPauseMs = 50
const longestPauseMs = 5000

const nothing: Settled = { done: [], refused: [] }

/**
 * Takes messages: past the spool to the writer while all is well, into the spool while the store is away, and behind
 * what waits already, so that within a partition (a lane) none overtakes another.
 */
export class Spool {
  /** Messages in the file. */
  private readonly rows = new Lanes()
  /** Messages that are neither in the file nor with the writer. */
  private readonly pending = new Lanes()
  /** Messages that are with the writer and never were in the file. */
  private readonly past = new Lanes()
  /** What the writer has from here: it has commands too, which wait for nothing. */
  private readonly own = new WeakSet<Incoming>()
  /** Handed in behind others. */
  private waiting: Arrival[] = []
  /** Given up by the writer. */
  private returned: Arrival[] = []
  private partitions = 0
  private draining: Promise<void> | undefined
  private keeping: NodeJS.Immediate | undefined
  private settled = (): void => {}
  private atOnce = mostAtOnce
  private readonly halt = new AbortController()

  constructor(readonly options: SpoolOptions) {
    options.watch.changes.subscribe(away => (away ? this.keepSoon() : this.resume()))
    this.findLanes()
    if (!options.watch.isAway) this.resume()
    this.tell()
  }

  get state(): SpoolState {
    return this.options.file.waiting === 0 ? 'idle' : this.options.watch.isAway ? 'spooling' : 'draining'
  }

  get isFull(): boolean {
    return this.options.file.waiting + this.waiting.length + this.returned.length >= this.options.max
  }

  readonly take: Intake = (incoming, { spool }) =>
    new Promise((resolve, reject) => {
      const arrival = { seq: this.options.file.nextSeq(), incoming, spool, resolve, reject }
      const lane = this.laneOf(arrival)
      if (this.isClosed) resolve({ outcome: 'unavailable' })
      else if (!this.options.watch.isAway && !this.rows.has(lane) && !this.pending.has(lane))
        this.pass(arrival)
      else if (!spool) resolve({ outcome: 'unavailable' })
      else if (!this.isRefused(arrival)) {
        this.pending.add(lane, 1)
        this.waiting.push(arrival)
        this.stir()
      }
    })

  /** To be called by the writer before it gives up a message, so that from then on all others queue behind it. */
  readonly givenUp = (partition: number, message: Incoming): void => {
    if (this.own.has(message)) this.pending.add(partition, 1)
  }

  /** Ends the round in hand and keeps what has no receipt yet. */
  async close(): Promise<void> {
    this.halt.abort()
    await this.draining
    await this.options.writer.idle()
    // Whoever was given up a moment ago has its turn first.
    await new Promise(resolve => setImmediate(resolve))
    clearImmediate(this.keeping)
    this.keepAll()
    this.options.file.close()
  }

  get isClosed(): boolean {
    return this.halt.signal.aborted
  }

  private laneOf(arrival: Pick<Arrival, 'incoming'>): number {
    return this.partitions === 0 ? 0 : partitionOf(locationIn(arrival), this.partitions)
  }

  /** Before the store was ever reached all are in one lane. */
  private findLanes(): void {
    const partitions = this.options.partitions()
    this.partitions = partitions
    this.rows.clear()
    this.pending.clear()
    for (const { location, count } of this.options.file.byLocation())
      this.rows.add(partitions === 0 ? 0 : partitionOf(location, partitions), count)
    for (const arrival of [...this.returned, ...this.waiting]) this.pending.add(this.laneOf(arrival), 1)
  }

  private resume(): void {
    if (this.partitions !== this.options.partitions()) this.findLanes()
    this.stir()
    this.tell()
  }

  private stir(): void {
    if (this.options.watch.isAway) this.keepSoon()
    else
      this.draining ??= this.drain().finally(() => {
        this.draining = undefined
        if (this.hasWork && !this.isClosed) this.stir()
      })
  }

  private get hasWork(): boolean {
    return this.options.file.waiting + this.waiting.length + this.returned.length > 0
  }

  private hand(incoming: Incoming): Promise<Receipt> {
    this.own.add(incoming)
    return written(this.options.writer, incoming)
  }

  /** Gives a message to the writer without the spool. */
  private pass(arrival: Arrival): void {
    const lane = this.laneOf(arrival)
    this.past.add(lane, 1)
    this.hand(arrival.incoming)
      .finally(() => {
        this.past.add(lane, -1)
        this.settled()
      })
      .then(receipt => this.passed(arrival, lane, receipt), arrival.reject)
  }

  private passed(arrival: Arrival, lane: number, receipt: Receipt): void {
    if (receipt.outcome === 'unavailable' && arrival.spool && !this.isRefused(arrival)) {
      this.returned.push(arrival)
      this.stir()
      return
    }
    if (receipt.outcome === 'unavailable') this.pending.add(lane, -1)
    arrival.resolve(receipt)
  }

  /** Where there is no room it has its receipt now. */
  private isRefused(arrival: Arrival): boolean {
    if (!this.isFull) return false
    this.options.reporter.isFull(this.options.file.waiting)
    arrival.resolve({ outcome: 'unavailable', reason: 'spool-full' })
    return true
  }

  /** All that was handed in together is kept together: one write to the disk for all of it. */
  private keepSoon(): void {
    this.keeping ??= setImmediate(() => {
      this.keeping = undefined
      this.keepAll()
    })
  }

  private keepAll(): void {
    const all = [...this.returned.splice(0), ...this.waiting.splice(0)]
    for (let i = 0; i < all.length; i += mostAtOnce) this.keep(all.slice(i, i + mostAtOnce))
  }

  /** Puts messages into the file and takes those out that were settled. Whether the file took it. */
  private keep(arrivals: readonly Arrival[], settled = nothing): boolean {
    if (arrivals.length + settled.done.length + settled.refused.length === 0) return true
    const { file, reporter } = this.options
    let failure: unknown
    try {
      file.settle(settled, arrivals.map(kept))
    } catch (error) {
      failure = error
    }
    reporter.fails(failure)
    for (const arrival of arrivals) {
      const lane = this.laneOf(arrival)
      this.pending.add(lane, -1)
      if (failure === undefined) this.rows.add(lane, 1)
      arrival.resolve(
        failure === undefined ? { outcome: 'spooled' } : { outcome: 'unavailable', reason: 'spool-failed' },
      )
    }
    this.tell()
    return failure === undefined
  }

  private async drain(): Promise<void> {
    let pause = firstPauseMs
    while (this.hasWork && !this.options.watch.isAway && !this.isClosed) {
      await this.quiet()
      if (await this.round().catch((error: unknown) => this.isStuck(error))) pause = firstPauseMs
      else {
        this.keepAll()
        await delay(pause, undefined, { signal: this.halt.signal }).catch(() => {})
        pause = Math.min(longestPauseMs, 2 * pause)
      }
    }
  }

  private isStuck(error: unknown): false {
    this.options.reporter.stuck(error)
    return false
  }

  /** Until the writer has no message left that was handed in before those that wait in its lane. */
  private async quiet(): Promise<void> {
    const isBehind = (lane: number): boolean => this.rows.has(lane) || this.pending.has(lane)
    while ([...this.past.keys()].some(isBehind))
      await new Promise<void>(resolve => {
        this.settled = resolve
      })
  }

  /** Drains the first messages and lets others in. Whether that is worth doing again at once. */
  private async round(): Promise<boolean> {
    const { file, reporter } = this.options
    if (!this.keep(this.returned.splice(0).sort(inOrder))) return false
    this.letPass()
    const batch = file.first(this.atOnce, bytesAtOnce)
    const start = performance.now()
    const drained = await Promise.all(batch.map(row => this.write(row)))
    const { settled, gone, failure } = outcomeOf(batch, drained, new Date().toISOString())
    const tookMs = gone.length > 0 ? performance.now() - start : Number.POSITIVE_INFINITY
    if (batch.length > 0) this.atOnce = sizeAfter(batch.length, tookMs)
    if (failure !== undefined) reporter.stuck(failure)
    // Fewer come in than go out, or a busy service would never see the end of its spool.
    if (!this.keep(this.waiting.splice(0, Math.floor(gone.length / 2)), settled)) return false
    for (const { locationId } of gone) this.rows.add(partitionOf(locationId, this.partitions), -1)
    reporter.took(gone.length)
    reporter.refused(settled.refused)
    this.letPass()
    this.tell()
    return gone.length > 0 || batch.length === 0
  }

  private async write(row: SpooledMessage): Promise<Drained> {
    const incoming = unkept(row)
    if (E.isLeft(incoming)) return { tag: 'refused', rejection: incoming.left }
    try {
      const receipt = await this.hand(incoming.right)
      if (receipt.outcome === 'rejected') return { tag: 'refused', rejection: receipt.rejection }
      if (receipt.outcome !== 'unavailable') return { tag: 'done' }
      // It waits in the file as before.
      this.pending.add(partitionOf(row.locationId, this.partitions), -1)
      return { tag: 'stays' }
    } catch (error) {
      return { tag: 'stays', error }
    }
  }

  /** Messages that came behind others which are gone by now need not be kept. */
  private letPass(): void {
    const held = new Set(this.returned.map(arrival => this.laneOf(arrival)))
    const isFree = (lane: number): boolean => !this.rows.has(lane) && !this.past.has(lane) && !held.has(lane)
    const free = new Set(this.waiting.map(arrival => this.laneOf(arrival)).filter(isFree))
    if (free.size === 0) return
    const passing = this.waiting.filter(arrival => free.has(this.laneOf(arrival)))
    this.waiting = this.waiting.filter(arrival => !free.has(this.laneOf(arrival)))
    for (const arrival of passing) {
      this.pending.add(this.laneOf(arrival), -1)
      this.pass(arrival)
    }
  }

  private tell(): void {
    this.options.reporter.stands(this.state, this.options.file.waiting)
  }
}

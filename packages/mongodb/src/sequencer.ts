import { commitId, type Draft, type Positions, placeIn } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

/** A draft with the position that was reserved for it. */
export interface Seat {
  readonly draft: Draft
  readonly position: number
}

export interface Reservation {
  readonly seats: readonly Seat[]
  /** Positions that were reserved and cannot be used. */
  readonly wasted: readonly { partition: number; position: number }[]
  /** The store's time, ISO. */
  readonly at: string
}

/** For how long the store's time is carried on by our own clock. */
const clockHoldsMs = 1000

/** How long `heads` may lag behind what was guessed. */
const toldWithinMs = 50

/** Resolves when it has settled, or after a while: some answers never come, and no one may wait for them for ever. */
const settled = (work: Promise<unknown>, patienceMs: number): Promise<void> =>
  new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, patienceMs)
    work.then(end, end)
  })

/** 1, 2, 4 … 2^23: how far ahead of a known position a larger one is looked for. */
const strides = Array.from({ length: 24 }, (_, k) => 2 ** k)

/**
 * Hands out positions. It is only a hint: what is written stands by `_id`, so that when `heads` is lost
 * or set back, inserts clash, and it is raised to the true end.
 */
export class Sequencer {
  /** Positions known to be occupied: where looking for the end begins. */
  private readonly known = new Map<number, number>()
  /** Partitions where nobody else took a position since our last one. */
  private readonly alone = new Set<number>()
  /** The store's time, and ours when it arrived. */
  private clock = { store: 0, own: Number.NEGATIVE_INFINITY }
  /** Ends the guess that is under way; `written` is when it has. */
  private finish: (() => void) | undefined
  private written: Promise<void> = Promise.resolve()
  /** Partitions with guesses that `heads` has not been told of. */
  private readonly untold = new Set<number>()
  private turn: Promise<unknown> = Promise.resolve()
  private telling: NodeJS.Timeout | undefined

  /** @param patienceMs how long others wait for a position that somebody asks for or writes, in milliseconds */
  constructor(
    private readonly connection: Connection,
    private readonly patienceMs = 5000,
  ) {}

  /**
   * A position for a single draft without asking: the next one, where nobody else seems to write. `_id` protects it
   * like any other. What comes of it is said with `guessed`. undefined where only a reservation is good enough.
   */
  guess(drafts: readonly Draft[]): (Seat & { readonly at: string }) | undefined {
    const [draft] = drafts
    const age = performance.now() - this.clock.own
    if (draft === undefined || drafts.length > 1 || this.finish !== undefined || age > clockHoldsMs)
      return undefined
    const position = (this.known.get(draft.partition) ?? 0) + 1
    if (!this.alone.has(draft.partition) || position <= draft.after) return undefined
    const written = new Promise<void>(resolve => {
      this.finish = resolve
    })
    const { finish } = this
    this.written = settled(written, this.patienceMs).then(() => {
      if (this.finish === finish) this.finish = undefined
    })
    return { draft, position, at: new Date(this.clock.store + Math.floor(age)).toISOString() }
  }

  /** What came of a guess. `heads` is told of it a little later, of many at once. */
  guessed({ draft: { partition }, position }: Seat, landed: boolean): void {
    this.finish?.()
    this.finish = undefined
    if (landed) {
      this.seen(partition, position)
      this.untold.add(partition)
      this.telling ??= setTimeout(() => void this.tell(), toldWithinMs).unref()
    } else this.alone.delete(partition)
  }

  /** Raises `heads` to what was guessed, so that others are not sent to places that are taken. */
  private async tell(): Promise<void> {
    clearTimeout(this.telling)
    this.telling = undefined
    const ends = [...this.untold].map(partition => [`next.${partition}`, this.known.get(partition) ?? 0])
    this.untold.clear()
    try {
      const heads = await this.connection.heads.findOneAndUpdate(
        { _id: 'heads' },
        { $max: Object.fromEntries(ends), $currentDate: { at: true } },
        { upsert: true, returnDocument: 'after' },
      )
      this.tick(heads?.at)
    } catch {
      // Nothing is lost, as `heads` is a hint: the next writer asks again, and gets the store's error if there is one.
      this.alone.clear()
    }
  }

  /** Asks the store for its time. */
  async now(): Promise<string> {
    const heads = await this.connection.heads.findOneAndUpdate(
      { _id: 'heads' },
      { $currentDate: { at: true } },
      { upsert: true, returnDocument: 'after' },
    )
    this.tick(heads?.at)
    return (heads?.at ?? new Date(0)).toISOString()
  }

  private tick(at: Date | undefined): void {
    if (at !== undefined) this.clock = { store: at.getTime(), own: performance.now() }
  }

  /**
   * A position for each draft, all in one round trip. One after the other: some servers answer two updates at once
   * with the outcome of the later, and then a hole is left that readers must wait for.
   */
  reserve(drafts: readonly Draft[]): Promise<Reservation> {
    const mine = this.turn.then(() => this.take(drafts))
    this.turn = this.turn.then(() => settled(mine, this.patienceMs))
    return mine
  }

  private async take(drafts: readonly Draft[]): Promise<Reservation> {
    await this.written
    if (this.untold.size > 0) await this.tell()
    const counts = new Map<number, number>()
    for (const { partition } of drafts) counts.set(partition, (counts.get(partition) ?? 0) + 1)
    const heads = await this.connection.heads.findOneAndUpdate(
      { _id: 'heads' },
      {
        $inc: Object.fromEntries([...counts].map(([partition, count]) => [`next.${partition}`, count])),
        $currentDate: { at: true },
      },
      { upsert: true, returnDocument: 'after' },
    )
    const ends = new Map([...counts.keys()].map(partition => [partition, heads?.next[partition] ?? 0]))
    const at = (heads?.at ?? new Date(0)).toISOString()
    this.tick(heads?.at)
    for (const partition of counts.keys())
      if (this.first(partition, ends, counts) === (this.known.get(partition) ?? 0) + 1)
        this.alone.add(partition)
      else this.alone.delete(partition)
    const behind = drafts.filter(({ partition, after }) => this.first(partition, ends, counts) <= after)
    if (behind.length > 0) return this.again(drafts, behind, ends, counts)
    const next = new Map([...ends].map(([partition]) => [partition, this.first(partition, ends, counts)]))
    const seats = drafts.map((draft): Seat => {
      const position = next.get(draft.partition) ?? 0
      next.set(draft.partition, position + 1)
      return { draft, position }
    })
    return { seats, wasted: [], at }
  }

  private first(partition: number, ends: Positions, counts: Positions): number {
    return (ends.get(partition) ?? 0) - (counts.get(partition) ?? 0) + 1
  }

  /** The sequencer is behind what a writer has seen: raise it, and reserve anew. */
  private async again(
    drafts: readonly Draft[],
    behind: readonly Draft[],
    ends: Positions,
    counts: Positions,
  ): Promise<Reservation> {
    const floors = new Map<number, number>()
    for (const { partition, after } of behind)
      floors.set(partition, Math.max(floors.get(partition) ?? 0, after))
    await this.raise(floors)
    const wasted = [...ends].flatMap(([partition, end]) =>
      Array.from({ length: counts.get(partition) ?? 0 }, (_, i) => ({ partition, position: end - i })),
    )
    const reservation = await this.take(drafts)
    return { ...reservation, wasted: [...wasted, ...reservation.wasted] }
  }

  /** Brings the sequencer to the true ends of these partitions, at least to the positions given. */
  async raise(floors: Positions): Promise<void> {
    for (const [partition, position] of floors) this.seen(partition, position)
    const ends = await this.gallop([...floors.keys()])
    await this.connection.heads.updateOne(
      { _id: 'heads' },
      {
        $max: Object.fromEntries([...ends].map(([partition, end]) => [`next.${partition}`, end])),
        $currentDate: { at: true },
      },
      { upsert: true },
    )
  }

  seen(partition: number, position: number): void {
    if (position > (this.known.get(partition) ?? 0)) this.known.set(partition, position)
  }

  /** The key counts: the other fields of what stands there may have been changed. */
  private sees(id: string): void {
    const { partition, position } = placeIn(id)
    this.seen(partition, position)
  }

  /** A position near the end of each partition, found by probing `_id` ever further ahead. */
  private async gallop(partitions: readonly number[]): Promise<Positions> {
    for (;;) {
      const probes = partitions.flatMap(partition =>
        strides.map(stride => commitId(partition, (this.known.get(partition) ?? 0) + stride)),
      )
      const found = await this.connection.events
        .find({ _id: { $in: probes } }, { projection: { _id: 1 }, batchSize: 1000 })
        .toArray()
      for (const { _id } of found) this.sees(_id)
      if (found.length === 0) return new Map(partitions.map(p => [p, this.known.get(p) ?? 0]))
    }
  }

  /** The largest occupied position of each partition: what galloping found, and whatever lies behind it. */
  async tails(partitions: readonly number[]): Promise<Positions> {
    const near = await this.gallop(partitions)
    const beyond = [...near].map(([partition, position]) => ({
      partition,
      _id: { $gt: commitId(partition, position), $lte: commitId(partition, 999_999_999_999) },
    }))
    const found = await this.connection.events
      .find({ $or: beyond }, { projection: { _id: 1 }, batchSize: 1000 })
      .toArray()
    for (const { _id } of found) this.sees(_id)
    return new Map(partitions.map(partition => [partition, this.known.get(partition) ?? 0]))
  }
}

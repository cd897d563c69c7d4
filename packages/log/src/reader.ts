import { type Found, isUnreadable } from './commit-unreadable.js'
import type { Log, Positions } from './ports.js'

export interface ReaderOptions {
  /** How long a hole may stay open before it is filled. */
  readonly graceMs?: number
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number
}

/** A hole wider than this is watched and filled in pieces. */
const holesAtOnce = 10_000

/**
 * Reads partitions only to the end of their contiguous run. A hole is a commit under way, or a writer that died:
 * after the grace time it is filled with a void commit, so that whatever was passed is occupied for good.
 */
export class Reader {
  private readonly graceMs: number
  private readonly now: () => number
  /** When each hole was first seen, by partition and position. */
  private readonly holes = new Map<number, Map<number, number>>()

  constructor(
    private readonly log: Log,
    options: ReaderOptions = {},
  ) {
    this.graceMs = options.graceMs ?? 2000
    this.now = options.now ?? (() => performance.now())
  }

  /**
   * The next commits after these positions, without a gap within a partition; about `limit` in all. What is unreadable
   * is the last of its partition: the others are read on.
   */
  async next(after: Positions, limit: number): Promise<readonly Found[]> {
    const run: Found[] = []
    const expired: { partition: number; position: number }[] = []
    const ends = new Map(after)
    const blocked = new Set<number>()
    for (const found of await this.log.read(after, limit)) {
      const { partition, position } = found
      if (blocked.has(partition)) continue
      const expected = (ends.get(partition) ?? 0) + 1
      if (position === expected) {
        run.push(found)
        ends.set(partition, position)
        if (isUnreadable(found)) blocked.add(partition)
      } else {
        blocked.add(partition)
        expired.push(...this.watch(partition, expected, position))
      }
    }
    // Where the run goes on, the hole is filled. A partition that this reading did not reach keeps its times.
    for (const { partition } of run) if (!blocked.has(partition)) this.holes.delete(partition)
    if (expired.length > 0) await this.log.fill(expired)
    return run
  }

  /** Notes the holes from `from` up to `to` (not included), and gives those whose grace time is over. */
  private watch(partition: number, from: number, to: number): { partition: number; position: number }[] {
    const before = this.holes.get(partition)
    const seen = new Map<number, number>()
    const expired: { partition: number; position: number }[] = []
    const now = this.now()
    for (let position = from; position < Math.min(to, from + holesAtOnce); position += 1) {
      const since = before?.get(position) ?? now
      seen.set(position, since)
      if (now - since >= this.graceMs) expired.push({ partition, position })
    }
    this.holes.set(partition, seen)
    return expired
  }
}

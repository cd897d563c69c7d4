import { type Commit, commitId, type Positions, placeIn } from '@crawl-ledger/log'
import type { Filter } from 'mongodb'
import type { Connection } from './connection.js'

/** How often it is looked for more, and how often without trusting the sequencer. */
const lookEveryMs = 250
const lookHardEveryMs = 30_000

/** A hole up to this wide is probed place by place. */
const probedAtOnce = 4096

const lastPosition = 999_999_999_999

/**
 * Finds what lies behind a hole that is wider than reading probes: a writer that died with many places, or a
 * sequencer that jumped. Where partitions seem quiet it asks the sequencer, now and then, whether more was handed out;
 * and since that may be lost, more rarely, the log itself.
 */
export class FarSight {
  /** Positions known to be occupied, by partition. */
  private readonly sighted = new Map<number, number>()
  private lookedAt = Number.NEGATIVE_INFINITY
  private lookedHardAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly connection: Connection,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Something occupied behind a position, if it was sighted. */
  behind(partition: number, position: number): readonly number[] {
    const far = this.sighted.get(partition) ?? 0
    return far > position ? [far] : []
  }

  /** Partitions where nothing was found after these positions. */
  async quiet(ends: Positions): Promise<void> {
    const now = this.now()
    if (ends.size === 0 || now - this.lookedAt < lookEveryMs) return
    this.lookedAt = now
    const hard = now - this.lookedHardAt >= lookHardEveryMs
    if (hard) this.lookedHardAt = now
    const heads = hard ? null : await this.connection.heads.findOne({ _id: 'heads' })
    await Promise.all(
      [...ends].map(([partition, end]) =>
        this.look(partition, end, hard ? lastPosition : (heads?.next[partition] ?? 0)),
      ),
    )
  }

  private async look(partition: number, end: number, until: number): Promise<void> {
    if (until <= end) return
    const places = Array.from({ length: Math.min(until - end, probedAtOnce) }, (_, i) =>
      commitId(partition, end + 1 + i),
    )
    // Which one is found does not matter: what lies before it is then read, or filled.
    const where: Filter<Commit> =
      until - end > probedAtOnce
        ? { _id: { $gt: commitId(partition, end), $lte: commitId(partition, until) } }
        : { _id: { $in: places } }
    const found = await this.connection.events.findOne({ partition, ...where }, { projection: { _id: 1 } })
    if (found !== null) this.sighted.set(partition, placeIn(found._id).position)
  }
}

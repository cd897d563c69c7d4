import type { FoldFailure, ProjectionStatus } from '@crawl-ledger/projector'
import type { Logger } from 'crawl-ledger'

/** Logs what was held back, and which partitions stand still or go on: each once. */
export class Trouble {
  private readonly known = new Set<number>()

  constructor(private readonly logger: Logger) {}

  heldBack(failures: readonly FoldFailure[]): void {
    for (const { partition, position, view, id, error, attempts } of failures)
      this.logger.error(
        { partition, position, view, id, attempts, error: error.message },
        `a commit could not be folded and is held back; see it with: crawl-replay quarantine show ${partition}:${position}`,
      )
  }

  look({ partitions }: ProjectionStatus): void {
    for (const { partition, stopped } of partitions) {
      if (stopped === undefined) {
        if (this.known.delete(partition)) this.logger.info({ partition }, 'the partition goes on')
        continue
      }
      if (this.known.has(partition)) continue
      this.known.add(partition)
      const { position, error } = stopped
      this.logger.error(
        { partition, position, error },
        `the partition stands still; let it go on with: crawl-replay quarantine retry ${partition}:${position}`,
      )
    }
  }
}

import { type ViewDocument, type ViewName, viewNames } from '@crawl-ledger/domain'
import type { DocumentWrite, ViewStore } from '@crawl-ledger/log'
import type { Routing, Target } from './fold.js'

/**
 * The documents of a store, with those that were written last kept in memory.
 * A kept one may be out of date: compare-and-set finds that out, and then all are forgotten.
 */
export class Documents {
  private readonly kept = new Map<ViewName, Map<string, ViewDocument>>(
    viewNames.map(view => [view, new Map()]),
  )

  /** @param most how many are kept of each view */
  constructor(
    private readonly views: ViewStore,
    private readonly most: number,
  ) {}

  /** Finds all documents that are touched, each view by one reading. */
  async find({ targets }: Routing): Promise<void> {
    await Promise.all([...targets].map(([view, ofView]) => this.findOf(view, ofView)))
  }

  private async findOf(view: ViewName, targets: ReadonlyMap<string, Target>): Promise<void> {
    const kept = this.kept.get(view)
    const missing: string[] = []
    for (const [id, target] of targets) {
      target.found = kept?.get(id)
      if (target.found === undefined) missing.push(id)
    }
    if (missing.length === 0) return
    for (const document of await this.views.load(view, missing)) {
      const target = targets.get(document._id)
      if (target !== undefined) target.found = document
    }
  }

  keep(writes: readonly DocumentWrite[]): void {
    for (const { view, document } of writes) {
      const kept = this.kept.get(view)
      kept?.delete(document._id)
      kept?.set(document._id, document)
    }
    for (const kept of this.kept.values())
      for (const oldest of kept.keys()) {
        if (kept.size <= this.most) break
        kept.delete(oldest)
      }
  }

  forget(): void {
    for (const kept of this.kept.values()) kept.clear()
  }
}

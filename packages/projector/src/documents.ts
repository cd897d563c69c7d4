import type { ViewDocument } from '@crawl-ledger/domain'
import type { DocumentWrite, ViewStore } from '@crawl-ledger/log'
import { documentKey, type Routing } from './fold.js'

/**
 * The documents of a store, with those that were written last kept in memory.
 * A kept one may be out of date: compare-and-set finds that out, and then all are forgotten.
 */
export class Documents {
  private readonly kept = new Map<string, ViewDocument>()

  constructor(
    private readonly views: ViewStore,
    private readonly most: number,
  ) {}

  /** All documents that are touched, each view by one reading. */
  async load({ touched }: Routing): Promise<ReadonlyMap<string, ViewDocument>> {
    const there = new Map<string, ViewDocument>()
    await Promise.all(
      [...touched].map(async ([view, ids]) => {
        const missing: string[] = []
        for (const id of ids) {
          const known = this.kept.get(documentKey(view, id))
          if (known === undefined) missing.push(id)
          else there.set(documentKey(view, id), known)
        }
        const found = missing.length === 0 ? [] : await this.views.load(view, missing)
        for (const document of found) there.set(documentKey(view, document._id), document)
      }),
    )
    return there
  }

  keep(writes: readonly DocumentWrite[]): void {
    for (const { view, document } of writes) {
      const key = documentKey(view, document._id)
      this.kept.delete(key)
      this.kept.set(key, document)
    }
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.most) break
      this.kept.delete(oldest)
    }
  }

  forget(): void {
    this.kept.clear()
  }
}

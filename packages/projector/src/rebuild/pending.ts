import { type ViewDocument, type ViewName, viewNames } from '@crawl-ledger/domain'
import type { DocumentWrite, ViewStore } from '@crawl-ledger/log'
import type { Routing } from '../fold.js'

/** How many bytes of memory a byte of JSON takes about, as objects. */
const memoryPerByte = 4

/** One document in so many is measured. */
const measuredEach = 16

const byId = ({ document: { _id: a } }: DocumentWrite, { document: { _id: b } }: DocumentWrite): number =>
  a < b ? -1 : a > b ? 1 : 0

/** Documents that were folded and wait to be written, so that each is written as rarely as memory allows. */
export class Pending {
  private readonly waiting = new Map<ViewName, Map<string, DocumentWrite>>(
    viewNames.map(view => [view, new Map()]),
  )
  private measured = { documents: 0, bytes: 0 }
  private taken = 0

  /**
   * @param complete nothing was written yet: what does not wait here is nowhere
   */
  constructor(
    private readonly views: ViewStore,
    private complete: boolean,
  ) {}

  /** About how many bytes of memory they take. */
  get bytes(): number {
    const { documents, bytes } = this.measured
    if (documents === 0) return 0
    return (bytes / documents) * memoryPerByte * this.size
  }

  get size(): number {
    let size = 0
    for (const ofView of this.waiting.values()) size += ofView.size
    return size
  }

  async find({ targets }: Routing): Promise<void> {
    for (const [view, ofView] of targets) {
      const waiting = this.waiting.get(view)
      const missing: string[] = []
      for (const [id, target] of ofView) {
        target.found = waiting?.get(id)?.document
        if (target.found === undefined) missing.push(id)
      }
      if (this.complete || missing.length === 0) continue
      for (const document of await this.views.load(view, missing)) {
        const target = ofView.get(document._id)
        if (target !== undefined) target.found = document
      }
    }
  }

  add(writes: readonly DocumentWrite[]): void {
    for (const write of writes) {
      const waiting = this.waiting.get(write.view)
      const before = waiting?.get(write.document._id)
      // What is replaced in the store is what was there before the first change.
      waiting?.set(write.document._id, before === undefined ? write : { ...write, expected: before.expected })
      this.measure(write.document)
    }
  }

  private measure(document: ViewDocument): void {
    this.taken += 1
    if (this.taken % measuredEach !== 1) return
    this.measured = {
      documents: this.measured.documents + 1,
      bytes: this.measured.bytes + JSON.stringify(document).length,
    }
  }

  /** All of them, in the order in which a store keeps them; they are forgotten here. */
  drain(): readonly DocumentWrite[] {
    const all = [...this.waiting.values()].flatMap(ofView => [...ofView.values()].sort(byId))
    for (const ofView of this.waiting.values()) ofView.clear()
    this.complete = this.complete && all.length === 0
    return all
  }
}

import { sha256, type ViewName } from '@crawl-ledger/domain'

/** Which documents the log explains: eight bytes for each, for there may be many. */
export class Known {
  private prints = new Float64Array(1024)
  private size = 0
  private sorted = true

  add(view: ViewName, id: string): void {
    if (this.size === this.prints.length) {
      const larger = new Float64Array(this.size * 2)
      larger.set(this.prints)
      this.prints = larger
    }
    this.prints[this.size] = printOf(view, id)
    this.size += 1
    this.sorted = false
  }

  has(view: ViewName, id: string): boolean {
    if (!this.sorted) this.prints.subarray(0, this.size).sort()
    this.sorted = true
    const wanted = printOf(view, id)
    let [from, to] = [0, this.size]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((this.prints[middle] ?? 0) < wanted) from = middle + 1
      else to = middle
    }
    return from < this.size && this.prints[from] === wanted
  }
}

/** 52 bits: with ten million documents, two share one with a chance of one in a hundred. */
const printOf = (view: ViewName, id: string): number =>
  Number.parseInt(sha256(`${view}/${id}`).slice(0, 13), 16)

/**
 * Things that leave by their number, the lowest first, whenever they came: a binary heap. A message that comes back
 * so takes its old place, and one that is new goes behind all others at no cost.
 */
export class InOrder<T extends { readonly sequence: number }> {
  private readonly heap: T[] = []

  get first(): T | undefined {
    return this.heap[0]
  }

  add(item: T): void {
    let place = this.heap.push(item) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = this.heap[parent]
      if (above === undefined || above.sequence <= item.sequence) break
      this.heap[place] = above
      place = parent
    }
    this.heap[place] = item
  }

  take(): T | undefined {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (last !== undefined && this.heap.length > 0) this.sink(last)
    return first
  }

  private sink(item: T): void {
    let place = 0
    for (;;) {
      const left = this.heap[2 * place + 1]
      const right = this.heap[2 * place + 2]
      const lower = right !== undefined && left !== undefined && right.sequence < left.sequence ? right : left
      if (lower === undefined || lower.sequence >= item.sequence) break
      this.heap[place] = lower
      place = 2 * place + (lower === left ? 1 : 2)
    }
    this.heap[place] = item
  }
}

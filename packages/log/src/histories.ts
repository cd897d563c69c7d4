import type { History } from './history.js'

interface Entry {
  readonly history: History
  /** All states of a stream share one map of messages, so the weight is noted as it was when this one came. */
  readonly weight: number
}

/** The streams a writer knows, the least recently used forgotten first. */
export class Histories {
  private readonly known = new Map<string, Entry>()
  private weight = 0

  /** @param most how many message ids all known streams together may hold */
  constructor(private readonly most: number) {}

  get(stream: string): History | undefined {
    return this.known.get(stream)?.history
  }

  /** Makes it the one used last. */
  set(stream: string, history: History): void {
    this.forget(stream)
    const weight = history.messages.size + 1
    this.known.set(stream, { history, weight })
    this.weight += weight
    if (this.weight <= this.most) return
    for (const oldest of this.known.keys()) {
      if (this.weight <= this.most || oldest === stream) break
      this.forget(oldest)
    }
  }

  forget(stream: string): void {
    this.weight -= this.known.get(stream)?.weight ?? 0
    this.known.delete(stream)
  }
}

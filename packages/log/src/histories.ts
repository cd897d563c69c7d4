import type { History } from './history.js'

/** The streams a writer knows, the least recently used forgotten first. */
export class Histories {
  private readonly known = new Map<string, History>()
  private weight = 0

  /** @param maxMessages how many message ids all known streams together may hold */
  constructor(private readonly maxMessages: number) {}

  get(stream: string): History | undefined {
    const history = this.known.get(stream)
    if (history !== undefined) {
      this.known.delete(stream)
      this.known.set(stream, history)
    }
    return history
  }

  /** Several states of a stream share one map of messages, so its weight is noted as it was when it came in. */
  private readonly weights = new Map<string, number>()

  set(stream: string, history: History): void {
    this.forget(stream)
    this.known.set(stream, history)
    this.weights.set(stream, history.messages.size + 1)
    this.weight += history.messages.size + 1
    for (const oldest of this.known.keys()) {
      if (this.weight <= this.maxMessages || oldest === stream) break
      this.forget(oldest)
    }
  }

  forget(stream: string): void {
    this.weight -= this.weights.get(stream) ?? 0
    this.weights.delete(stream)
    this.known.delete(stream)
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'

interface Turn {
  readonly limit: LimitFunction
  /** When the next request may start. */
  nextAt: number
}

/** Lets few requests at once go to one origin, with a pause between them where its robots.txt asks for one. */
export class Polite {
  private readonly turns = new Map<string, Turn>()

  constructor(private readonly perOrigin: number) {}

  request<A>(origin: string, pauseMs: number, send: () => Promise<A>): Promise<A> {
    const turn = this.turns.get(origin) ?? { limit: pLimit(this.perOrigin), nextAt: 0 }
    this.turns.set(origin, turn)
    return turn.limit(async () => {
      const now = performance.now()
      const startAt = Math.max(now, turn.nextAt)
      turn.nextAt = startAt + pauseMs
      if (startAt > now) await pause(startAt - now)
      return send()
    })
  }
}

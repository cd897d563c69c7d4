import { setTimeout as delay } from 'node:timers/promises'
import type { Store } from '@crawl-ledger/log'
import type { Session } from './session.js'

export interface RebuildProgress {
  readonly state: 'building' | 'closing' | 'swapping'
  /** Commits that are folded, those of an earlier run included, of so many in the log. */
  readonly commits: number
  readonly of: number
  /** Events that this run folded. */
  readonly events: number
  readonly eventsPerSecond: number
  readonly secondsLeft: number
}

/** How a rebuild is watched, kept slow and ended. */
export interface Pacing {
  /** At most so many events a second. Default: no limit. */
  readonly eventsPerSecond?: number
  readonly onProgress?: (progress: RebuildProgress) => void
  /** Ends it after the batch in hand; running it again goes on from there. */
  readonly signal?: AbortSignal
}

/** It was told to end. What was folded is kept. */
export class RebuildStopped extends Error {
  override readonly name = 'RebuildStopped'
  readonly code = 'rebuild-stopped'

  constructor() {
    super('The rebuild was stopped. Run it again to go on, or end it without trace: crawl-replay cancel')
  }
}

const reportEachMs = 200
const checkEachMs = 1000

/** Counts what is folded, keeps the pace, and sees that the rebuild is still wanted. */
export class Meter {
  private state: RebuildProgress['state'] = 'building'
  private readonly start = performance.now()
  private before = 0
  private of = 0
  private commits = 0
  private events = 0
  private reported = 0
  private checked = performance.now()

  constructor(
    private readonly store: Store,
    private readonly session: Session,
    private readonly options: Pacing,
  ) {}

  async begin(before: number): Promise<void> {
    this.before = before
    for (const end of (await this.store.log.tails()).values()) this.of += end
    this.report()
  }

  enter(state: RebuildProgress['state']): void {
    this.state = state
    this.report()
  }

  readonly pace = async (commits: number, events: number): Promise<void> => {
    const { signal } = this.options
    this.commits += commits
    this.events += events
    for (;;) {
      const now = performance.now()
      if (now - this.reported >= reportEachMs) this.report()
      if (signal?.aborted === true) throw new RebuildStopped()
      if (now - this.checked >= checkEachMs) {
        this.checked = now
        await this.session.check()
      }
      const early = this.earlyMs()
      if (early <= 0) return
      // Who is told to end does not sit out a long wait, and who was cancelled finds out.
      const pause = Math.min(early, reportEachMs)
      await delay(pause, undefined, signal === undefined ? {} : { signal }).catch(() => {})
    }
  }

  private earlyMs(): number {
    const { eventsPerSecond } = this.options
    if (eventsPerSecond === undefined) return 0
    return (this.events / eventsPerSecond) * 1000 - (performance.now() - this.start)
  }

  end(): { commits: number; events: number; seconds: number } {
    return { commits: this.commits, events: this.events, seconds: (performance.now() - this.start) / 1000 }
  }

  private report(): void {
    this.reported = performance.now()
    const seconds = (this.reported - this.start) / 1000
    const done = this.before + this.commits
    const left = Math.max(0, this.of - done)
    this.options.onProgress?.({
      state: this.state,
      commits: done,
      of: Math.max(this.of, done),
      events: this.events,
      eventsPerSecond: seconds === 0 ? 0 : this.events / seconds,
      secondsLeft: this.commits === 0 ? 0 : (left * seconds) / this.commits,
    })
  }
}

import type { Store } from '@crawl-ledger/log'
import type { RebuildOptions } from './rebuild.js'
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
    private readonly options: RebuildOptions,
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
    this.commits += commits
    this.events += events
    const now = performance.now()
    if (now - this.reported >= reportEachMs) this.report()
    if (this.options.signal?.aborted === true) throw new RebuildStopped()
    if (now - this.checked >= checkEachMs) {
      this.checked = now
      await this.session.check()
    }
    const { eventsPerSecond } = this.options
    if (eventsPerSecond === undefined) return
    const early = (this.events / eventsPerSecond) * 1000 - (performance.now() - this.start)
    if (early > 0) await new Promise(resolve => setTimeout(resolve, early))
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

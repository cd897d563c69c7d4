import { untraced } from '@crawl-ledger/log'
import {
  defer,
  lastValueFrom,
  merge,
  type Observable,
  repeat,
  retry,
  Subject,
  take,
  takeWhile,
  timer,
} from 'rxjs'
import { Waiting } from './waiting.js'

const firstPauseMs = 100

export interface SteppingOptions {
  /** Emits when there may be something new, so that it is not waited for. */
  readonly signal: Observable<unknown>
  /** Does what there is to do. Whether there was anything. */
  readonly step: () => Promise<boolean>
  /** A step failed. Throws what trying again does not mend. */
  readonly onFailure: (error: unknown) => void
  /** Pauses after failures grow up to so many milliseconds. */
  readonly longestPauseMs: number
}

/** Follows a log in steps, one after the other: at once while there is something, else when there may be, until stopped. */
export class Stepping {
  private readonly wake = new Subject<void>()
  private isStopping = false

  constructor(private readonly options: SteppingOptions) {}

  get stopping(): boolean {
    return this.isStopping
  }

  /** Resolves when it was stopped and no step is under way any more. Rejects with what `onFailure` throws. */
  async run(): Promise<void> {
    const { signal, step } = this.options
    const waiting = new Waiting(merge(signal, this.wake))
    let found = false
    const steps = defer(async () => {
      waiting.begin()
      // Whoever wakes it up does not wait for it: it is of nobody's trace.
      found = this.isStopping ? false : await untraced(step)
    }).pipe(
      retry({ delay: (error, count) => this.pause(error, count), resetOnSuccess: true }),
      repeat({ delay: () => waiting.next(found) }),
      takeWhile(() => !this.isStopping),
    )
    try {
      await lastValueFrom(steps, { defaultValue: undefined })
    } finally {
      waiting.end()
    }
  }

  /** Lets the step in hand be the last one. */
  stop(): void {
    this.isStopping = true
    this.wake.next()
  }

  private pause(error: unknown, count: number): Observable<unknown> {
    const { onFailure, longestPauseMs } = this.options
    onFailure(error)
    if (this.isStopping) return timer(0)
    return merge(this.wake, timer(Math.min(longestPauseMs, firstPauseMs * 2 ** (count - 1)))).pipe(take(1))
  }
}

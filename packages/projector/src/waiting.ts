import { merge, type Observable, type Subscription, take, timer } from 'rxjs'

const shortestMs = 10
const longestMs = 1000

/**
 * When to look again: at a signal, or after a pause that doubles each time nothing was there, up to a second.
 */
export class Waiting {
  private idle = 0
  private signalled = false
  private listening: Subscription | undefined

  constructor(private readonly signal: Observable<unknown>) {}

  /** A look begins. A signal from now on counts, for the look may miss what it tells of. */
  begin(): void {
    this.signalled = false
    this.listening ??= this.signal.subscribe(() => {
      this.signalled = true
    })
  }

  /** @param found whether the last look found something; then the next is at once */
  next(found: boolean): Observable<unknown> {
    const again = found || this.signalled
    this.idle = again ? 0 : this.idle + 1
    if (again) return timer(0)
    const pause = Math.min(longestMs, shortestMs * 2 ** (this.idle - 1))
    return merge(this.signal, timer(pause)).pipe(take(1))
  }

  /** Nobody looks any more. */
  end(): void {
    this.listening?.unsubscribe()
    this.listening = undefined
  }
}

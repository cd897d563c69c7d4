import { merge, type Observable, take, timer } from 'rxjs'

const shortestMs = 10
const longestMs = 1000

/**
 * When to look again: at a signal, or after a pause that doubles each time nothing was there, up to a second.
 */
export class Waiting {
  private idle = 0

  constructor(private readonly signal: Observable<unknown>) {}

  /** @param found whether the last look found something; then the next is at once */
  next(found: boolean): Observable<unknown> {
    this.idle = found ? 0 : this.idle + 1
    if (found) return timer(0)
    const pause = Math.min(longestMs, shortestMs * 2 ** (this.idle - 1))
    return merge(this.signal, timer(pause)).pipe(take(1))
  }
}

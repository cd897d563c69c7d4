import { type Found, isUnreadable, type Log, type Positions, Reader } from '@crawl-ledger/log'
import { concatMap, defer, finalize, from, type Observable, repeat, tap } from 'rxjs'
import { Waiting } from './waiting.js'

/**
 * What stands after these positions, in the order of each partition, and then what comes. A partition ends with what is
 * unreadable there; the others go on.
 * Errors with the store's error; subscribing again goes on after what was emitted last.
 */
export const follow = (log: Log, after: Positions, signal: Observable<unknown>): Observable<Found> => {
  const positions = new Map(after)
  const reader = new Reader(log)
  const waiting = new Waiting(signal)
  let found = false
  return defer(() => {
    waiting.begin()
    return reader.next(positions, 1000)
  }).pipe(
    concatMap(next => {
      found = next.length > 0
      return from(next)
    }),
    // One by one, since a subscriber may leave in the midst of them.
    tap(one => {
      if (isUnreadable(one)) positions.delete(one.partition)
      else positions.set(one.partition, one.position)
    }),
    repeat({ delay: () => waiting.next(found) }),
    finalize(() => waiting.end()),
  )
}

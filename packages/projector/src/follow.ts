import { type Commit, type Log, type Positions, Reader } from '@crawl-ledger/log'
import { concatMap, defer, finalize, from, type Observable, repeat, tap } from 'rxjs'
import { Waiting } from './waiting.js'

/**
 * The commits after these positions, in the order of each partition, and then those that come.
 * Errors with the store's error; subscribing again goes on after what was emitted last.
 */
export const follow = (log: Log, after: Positions, signal: Observable<unknown>): Observable<Commit> => {
  const positions = new Map(after)
  const reader = new Reader(log)
  const waiting = new Waiting(signal)
  let found = false
  return defer(() => {
    waiting.begin()
    return reader.next(positions, 1000)
  }).pipe(
    concatMap(commits => {
      found = commits.length > 0
      return from(commits)
    }),
    // One by one, since a subscriber may leave in the midst of them.
    tap(({ partition, position }) => positions.set(partition, position)),
    repeat({ delay: () => waiting.next(found) }),
    finalize(() => waiting.end()),
  )
}

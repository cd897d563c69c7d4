import { type Commit, type Log, type Positions, Reader } from '@crawl-ledger/log'
import { concatMap, defer, from, type Observable, repeat } from 'rxjs'
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
  return defer(() => reader.next(positions, 1000)).pipe(
    concatMap(commits => {
      found = commits.length > 0
      for (const { partition, position } of commits) positions.set(partition, position)
      return from(commits)
    }),
    repeat({ delay: () => waiting.next(found) }),
  )
}

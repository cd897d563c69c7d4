import { type Positions, type Store, StoreUnavailable } from '@crawl-ledger/log'
import { follow } from '@crawl-ledger/projector'
import { concatMap, defer, from, map, type Observable, retry, throwError, timer } from 'rxjs'
import { pauseMs } from './away/store-watch.js'
import { followedEvents } from './followed-events.js'
import type { Ledger } from './ledger.js'

/** Waits for a store that does not answer. */
const patiently = <A>(work: Observable<A>): Observable<A> =>
  work.pipe(
    retry({
      resetOnSuccess: true,
      delay: (error, count) =>
        error instanceof StoreUnavailable ? timer(pauseMs(count)) : throwError(() => error),
    }),
  )

/** @param recorded tells that there may be more to read */
export const makeChanges =
  (log: Store['log'], recorded: Observable<unknown>): Ledger['changes'] =>
  ({ after, onUnreadable } = {}) => {
    const startingAt = (ends: Positions): Positions =>
      after === undefined ? ends : new Map([...ends.keys()].map(one => [one, after.get(one) ?? 0]))
    const eventsIn = followedEvents(onUnreadable)
    // The ends name every partition, also where the store was not reached before.
    return patiently(defer(() => log.tails())).pipe(
      map(startingAt),
      // Who is subscribed again goes on behind what was emitted last.
      concatMap(positions => patiently(follow(log, positions, recorded))),
      concatMap(found => from(eventsIn(found))),
    )
  }

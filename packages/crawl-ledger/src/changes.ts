import { type Store, StoreUnavailable } from '@crawl-ledger/log'
import { follow } from '@crawl-ledger/projector'
import { concatMap, defer, from, type Observable, retry, throwError, timer } from 'rxjs'
import type { Ledger } from './ledger.js'
import { recordedEvents } from './time-travel.js'

const longestPauseMs = 1000

/** Waits for a store that does not answer. */
const patiently = <A>(work: Observable<A>): Observable<A> =>
  work.pipe(
    retry({
      resetOnSuccess: true,
      delay: (error, count) =>
        error instanceof StoreUnavailable
          ? timer(Math.min(longestPauseMs, 50 * 2 ** Math.min(count - 1, 10)))
          : throwError(() => error),
    }),
  )

/** @param recorded tells that there may be more to read */
export const makeChanges =
  (log: Store['log'], recorded: Observable<unknown>): Ledger['changes'] =>
  ({ after } = {}) => {
    const all = (): ReadonlyMap<number, number> =>
      new Map(
        Array.from({ length: log.partitions }, (_, partition) => [partition, after?.get(partition) ?? 0]),
      )
    const start = after === undefined ? patiently(defer(() => log.tails())) : defer(async () => all())
    return start.pipe(
      // Who is subscribed again goes on behind what was emitted last.
      concatMap(positions => patiently(follow(log, positions, recorded))),
      concatMap(commit => from(recordedEvents(commit))),
    )
  }

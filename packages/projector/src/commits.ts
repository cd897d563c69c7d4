import type { Commit, Store } from '@crawl-ledger/log'
import { CommitUnreadable } from './fold.js'
import { places } from './verify/places.js'

/**
 * The commits of a partition after a position, up to another, in order and in batches. A hole is passed over.
 *
 * @throws CommitUnreadable where what stands at a position is no commit any more
 */
export async function* commitsOf(
  { log }: Store,
  partition: number,
  after: number,
  end: number,
): AsyncGenerator<readonly Commit[]> {
  for await (const batch of places(log, partition, after, end))
    yield batch.map(({ position, found }) => {
      if (found instanceof Error) throw new CommitUnreadable(partition, position, '', found)
      return found
    })
}

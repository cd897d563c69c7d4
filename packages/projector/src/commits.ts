import { type Commit, readable, type Store } from '@crawl-ledger/log'
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
  for await (const batch of places(log, partition, after, end)) yield readable(batch)
}

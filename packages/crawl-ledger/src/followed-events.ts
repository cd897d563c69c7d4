import { CommitUnreadable, type Found } from '@crawl-ledger/log'
import type { RecordedEvent } from './ledger.js'
import { recordedEvents } from './time-travel.js'

/**
 * The events of commits that are followed, one commit after the other. Nothing of a partition comes behind what cannot be
 * read there.
 *
 * @param onUnreadable is told of that; the other partitions are followed on
 * @throws CommitUnreadable where nobody is told of it
 */
export const followedEvents = (
  onUnreadable: ((error: CommitUnreadable) => void) | undefined,
): ((found: Found) => readonly RecordedEvent[]) => {
  const ended = new Set<number>()
  return found => {
    if (ended.has(found.partition)) return []
    try {
      return recordedEvents(found)
    } catch (error) {
      if (!(error instanceof CommitUnreadable) || onUnreadable === undefined) throw error
      ended.add(found.partition)
      onUnreadable(error)
      return []
    }
  }
}

import type { ViewDocument } from '@crawl-ledger/domain'
import type { ViewStore } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

const pauseMs = 20

/** Names are exchanged in much less. A swap that takes longer was left behind by somebody who died. */
const patienceMs = 2000

/** What the projections' records say, as far as a reader of the views must know. */
interface Sighting {
  readonly swapping: boolean
  /** Changes with every record. */
  readonly stamp: string
}

const sight = async ({ projections }: Connection): Promise<Sighting> => {
  const records = await projections.find({}, { projection: { revision: 1, 'next.state': 1 } }).toArray()
  return {
    swapping: records.some(({ next }) => next?.state === 'swapping'),
    stamp: records
      .map(({ _id, revision }) => `${_id}:${revision}`)
      .sort()
      .join(),
  }
}

/**
 * The views as they are read. Not every server renames a collection over another one in a single step, so for a
 * moment there may be nothing under a name. So whoever misses something looks whether a swap is recorded, or was since
 * records were last looked at before reading, and if so reads again.
 */
export const patient = (connection: Connection, views: ViewStore): ViewStore => {
  let known: Sighting | undefined

  const reading = async (
    read: () => Promise<readonly ViewDocument[]>,
    complete: (found: readonly ViewDocument[]) => boolean,
  ): Promise<readonly ViewDocument[]> => {
    const end = performance.now() + patienceMs
    for (;;) {
      const before = known
      const found = await read()
      if (complete(found)) return found
      const now = await connection.run(() => sight(connection))
      known = now
      if (!now.swapping && now.stamp === before?.stamp) return found
      if (performance.now() >= end) return found
      if (now.swapping) await new Promise(resolve => setTimeout(resolve, pauseMs))
    }
  }

  return {
    isAtomic: views.isAtomic,
    checkpoints: views.checkpoints,
    load: (view, ids) =>
      reading(
        () => views.load(view, ids),
        found => found.length >= new Set(ids).size,
      ),
    save: views.save,
    list: (view, page) =>
      reading(
        () => views.list(view, page),
        found => found.length > 0,
      ),
  }
}

import { crawl } from '@crawl-ledger/domain'
import { type ProjectionRecord, type Store, StoreError } from '@crawl-ledger/log'
import {
  type RebuildProgress,
  RebuildRunning,
  RebuildStopped,
  RebuildTakenOver,
  rebuild,
} from '@crawl-ledger/projector'
import type { Logger } from 'crawl-ledger'

const reportEachMs = 5000

/** The record of the views, where they were made by an older version of the projection than this program's. */
export const outdatedViews = async (store: Store): Promise<ProjectionRecord | undefined> => {
  try {
    const record = await store.builds.record(crawl.name)
    // A swap that was begun needs nobody to decide: projecting finishes it.
    if (record === undefined || record.next?.state === 'swapping') return undefined
    return record.version < crawl.version ? record : undefined
  } catch (error) {
    // Projecting waits for a store that is away, and finds out what this could not.
    if (error instanceof StoreError) return undefined
    throw error
  }
}

export interface RebuildingOptions {
  readonly worker: string
  readonly logger: Logger
  /** Ends it after the batch in hand. */
  readonly signal: AbortSignal
}

/** How a rebuild went: to its end, or somebody (or the store) is in the way and it is worth another look. */
export type Rebuilding = 'done' | 'stopped' | Error

/** Builds the views anew, unless another process is at it. Rejects with what cannot mend itself. */
export const rebuilding = async (
  store: Store,
  { worker, logger, signal }: RebuildingOptions,
): Promise<Rebuilding> => {
  let reported = Number.NEGATIVE_INFINITY
  const onProgress = (progress: RebuildProgress): void => {
    const now = performance.now()
    if (now - reported < reportEachMs) return
    reported = now
    const { state, commits, of, eventsPerSecond, secondsLeft } = progress
    const figures = { eventsPerSecond: Math.round(eventsPerSecond), secondsLeft: Math.round(secondsLeft) }
    logger.info({ state, commits, of, ...figures }, 'building the views anew')
  }
  const onTrouble = (error: Error): void => {
    logger.warn({ error: error.message }, 'building the views anew waits for the store')
  }
  try {
    logger.info(
      { ...(await rebuild(store, crawl, { owner: worker, ifOlder: true, signal, onProgress, onTrouble })) },
      'the views are new',
    )
    return 'done'
  } catch (error) {
    if (error instanceof RebuildStopped) return 'stopped'
    const passes = [RebuildRunning, RebuildTakenOver, StoreError].some(kind => error instanceof kind)
    if (passes) return error as Error
    throw error
  }
}

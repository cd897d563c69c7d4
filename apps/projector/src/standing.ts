import { crawl } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { within } from '@crawl-ledger/process'
import { type ProjectionStatus, projectionStatus } from '@crawl-ledger/projector'

export interface StandingOptions {
  /** For how long an answer counts, in milliseconds. Default 2,000. */
  readonly keepMs?: number
  /** A store that takes longer counts as away. Default 2,000. */
  readonly timeoutMs?: number
}

/**
 * How the views stand, asked of the log's tails: also where the worker that held a partition is dead.
 * All who ask within two seconds get the same answer, so that scraping costs the store next to nothing.
 */
export const standing = (
  store: Store,
  { keepMs = 2000, timeoutMs = 2000 }: StandingOptions = {},
): (() => Promise<ProjectionStatus>) => {
  let kept: { readonly at: number; readonly answer: Promise<ProjectionStatus> } | undefined
  return () => {
    const now = performance.now()
    if (kept !== undefined && now - kept.at < keepMs) return kept.answer
    const answer = within(timeoutMs, projectionStatus(store, crawl))
    kept = { at: now, answer }
    // A failure is not kept: whoever asks next asks the store.
    answer.catch(() => {
      if (kept?.answer === answer) kept = undefined
    })
    return answer
  }
}

/** The sums that health and metrics tell. */
export const sums = ({ partitions }: ProjectionStatus) => ({
  lag: {
    commits: partitions.reduce((most, { lagCommits }) => Math.max(most, lagCommits), 0),
    seconds: partitions.reduce((most, { lagSeconds }) => Math.max(most, lagSeconds), 0),
  },
  held: partitions.reduce((sum, { held }) => sum + held.length, 0),
  stopped: partitions.flatMap(({ partition, stopped }) =>
    stopped === undefined ? [] : [{ partition, position: stopped.position }],
  ),
})

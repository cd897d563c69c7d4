import {
  type Claim,
  type Ledger,
  type Logger,
  type MediaDocument,
  type Receipt,
  StoreUnavailable,
} from 'crawl-ledger'
import { type StageName, stageNames } from './batch.js'
import type { Sources } from './sources.js'
import { stages } from './stages.js'
import { kept, pause, type Report, type UntilThere } from './store-away.js'
import { Trouble } from './trouble.js'

export interface Working {
  readonly ledger: Ledger
  readonly logger: Logger
  readonly sources: Sources
  readonly untilThere: UntilThere
  readonly report: Report
  /** For how long nobody else gets what this process has claimed; a living process prolongs it in time. */
  readonly claimMs: number
  /** How many stages at once. */
  readonly atOnce: number
  /** Take nothing new; what is in hand is finished, unless the store is away. */
  readonly signal: AbortSignal
  /** Called with every receipt. */
  readonly onReported: (workflowId: string, receipt: Receipt) => void
}

const firstPauseMs = 25
const longestPauseMs = 1000

/** What the claim is for. On MongoDB the view of an item may come a moment after the claim. */
const mediaOf = async ({ ledger, signal }: Working, claim: Claim): Promise<MediaDocument> => {
  for (;;) {
    const media = await ledger.media.get(`${claim.workflowId}/${claim.mediaId}`)
    if (media?.found === true) return media
    if (signal.aborted) throw new Trouble('stopped', 'The crawler was stopped before it could begin.')
    await pause(firstPauseMs, signal)
  }
}

/** Prolongs a claim until told to stop. Where another server has it by now, both do the work and the first one counts. */
const hold = (claim: Claim, { ledger, logger, claimMs }: Working): (() => void) => {
  const timer = setInterval(() => {
    ledger.work.heartbeat(claim, { leaseMs: claimMs }).catch((error: Error) => {
      // Of a store that is away others tell; and a claim holds longer than its time where nobody else has taken it.
      if (!(error instanceof StoreUnavailable))
        logger.warn({ error: error.message }, 'a claim could not be prolonged')
    })
  }, claimMs / 3)
  return () => clearInterval(timer)
}

const perform = async (claim: Claim, working: Working): Promise<void> => {
  const { ledger, sources, untilThere, report } = working
  const { locationId, batchId, mediaId, stage, attempt } = claim
  const letGo = hold(claim, working)
  const began = performance.now()
  const reported = (receipt: Receipt): void => working.onReported(claim.workflowId, receipt)
  try {
    const media = await untilThere(() => mediaOf(working, claim))
    const { result, sizeBytes } = await stages[stage as StageName](media, sources)
    const processing = {
      durationMs: Math.round(performance.now() - began),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    }
    reported(
      await untilThere(async () =>
        kept(await ledger.work.complete(claim, { result, processing }), ledger.store),
      ),
    )
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    const { code, message } = error
    if (code === 'stopped') await ledger.work.release(claim)
    // The attempt makes the same trouble a new fact when the stage was tried again.
    else
      reported(
        await report({
          locationId,
          batchId,
          type: 'error',
          stage,
          mediaId,
          error: { code, message },
          context: { attempt },
        }),
      )
  } finally {
    letGo()
  }
}

/** Claims stages of media items, of any workflow, and works on them until told to stop. */
export const work = async (working: Working): Promise<void> => {
  const { ledger, untilThere, claimMs, atOnce, signal } = working
  const busy = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  const begin = (claim: Claim): void => {
    const task = perform(claim, working)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => busy.delete(task))
    busy.add(task)
  }
  let pauseMs = firstPauseMs
  while (!signal.aborted && failure === undefined) {
    let claimed = 0
    // The last stage first: items are finished before new ones are begun.
    for (const stage of stageNames.toReversed()) {
      const max = atOnce - busy.size
      if (max === 0) break
      const claims = await untilThere(() => ledger.work.claim({ stage, max, leaseMs: claimMs }))
      for (const claim of claims) begin(claim)
      claimed += claims.length
    }
    pauseMs = claimed > 0 ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2)
    if (busy.size >= atOnce) await Promise.race(busy)
    else if (claimed === 0) await Promise.race([...busy, pause(pauseMs, signal)])
  }
  await Promise.all(busy)
  if (failure !== undefined) throw failure.error
}

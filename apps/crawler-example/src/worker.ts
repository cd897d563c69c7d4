import {
  type Claim,
  type Ledger,
  type Logger,
  type MediaDocument,
  type Receipt,
  StoreUnavailable,
  type WorkflowContext,
  type WorkflowDocument,
  type WorkflowRef,
  WorkflowTracker,
} from 'crawl-ledger'
import { type ItemStage, itemStages } from './batch.js'
import type { Sources } from './sources.js'
import { stages } from './stages.js'
import { kept, pause, type Report, type UntilThere } from './store-away.js'
import { isWorthRetrying, Trouble } from './trouble.js'

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
  /** How often what may pass is tried. */
  readonly attempts: number
  /** Take nothing new; what is in hand is finished, unless the store is away. */
  readonly signal: AbortSignal
  /** Called with every receipt. */
  readonly onReported: (workflow: WorkflowRef, receipt: Receipt) => void
}

const firstPauseMs = 25
const longestPauseMs = 1000

type Known = Required<Pick<WorkflowContext, 'itemId' | 'itemUrl' | 'itemType'>>

/** The item's context at a stage, without what is known already: that need not be told again. */
const itemContext = (
  { context }: WorkflowDocument,
  { itemId, itemUrl, itemType }: MediaDocument,
  stage: string,
): WorkflowContext => {
  const { errors: _, ...batch } = context
  // Where it was reported without an address, the stages say so.
  const item = { itemId, itemUrl, itemType } as Known
  const first = WorkflowTracker.createItemContext({ ...batch, metadata: {} } as WorkflowContext, item)
  return WorkflowTracker.moveToStage(first, stage)
}

/** The context that a claim is for. On MongoDB the view of an item may come a moment after the claim. */
const contextOf = async ({ ledger, signal }: Working, claim: Claim): Promise<WorkflowContext> => {
  for (;;) {
    const [workflow, item] = await Promise.all([ledger.workflows.get(claim), ledger.media.get(claim)])
    if (workflow !== undefined && item !== undefined) return itemContext(workflow, item, claim.stage)
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

/** What may pass waits for another attempt; what will not gives the item up, and its workflow need not wait for it. */
const tellTrouble = (
  { message: error, code }: Trouble,
  at: WorkflowContext,
  { attempt }: Claim,
  { report, attempts }: Working,
): Promise<Receipt> => {
  // Stamped now: the same trouble is a new fact when the stage was tried again.
  const context = WorkflowTracker.moveToStage(at, at.stage)
  const fatal = isWorthRetrying(code, attempt, attempts) ? {} : { fatal: true }
  return report(handlers => handlers.handleError(context, { error, code, attempt, ...fatal }))
}

const perform = async (claim: Claim, working: Working): Promise<void> => {
  const { ledger, sources, untilThere, onReported } = working
  const letGo = hold(claim, working)
  let context: WorkflowContext | undefined
  try {
    const at = await untilThere(() => contextOf(working, claim))
    context = at
    const began = performance.now()
    const found = await stages[claim.stage as ItemStage](at, sources)
    const results = { ...found, processingTime: Math.round(performance.now() - began) }
    const { complete } = ledger.work
    onReported(claim, await untilThere(async () => kept(await complete(claim, results), ledger.store)))
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    if (context === undefined) await ledger.work.release(claim)
    else onReported(claim, await tellTrouble(error, context, claim, working))
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
    for (const stage of itemStages.toReversed()) {
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

import { type Receipt, type WorkflowContext, WorkflowTracker } from 'crawl-ledger'
import { isOurs, isSite, queriesOf, search, withoutFragment } from './batch.js'
import type { Sources } from './sources.js'
import type { Report } from './store-away.js'
import { Trouble } from './trouble.js'

/** How many reports wait for their receipts at most. Those that wait together are one commit. */
const reportsAtOnce = 200

export interface Discovering {
  readonly sources: Sources
  readonly report: Report
  readonly signal: AbortSignal
}

/** Nothing of a batch could be searched. It is told at its own time: the batch may be tried again, and fail again. */
const fail = (at: WorkflowContext, trouble: Trouble, report: Report): Promise<Receipt> => {
  const context = WorkflowTracker.addError(at, trouble)
  const { message: error, code } = trouble
  return report(handlers => handlers.handleError(context, { error, code }))
}

/** The stages before the search. There is not much to them here: a place is its name, and a query is an address. */
const prepared = async (
  first: WorkflowContext,
  queries: readonly string[],
  report: Report,
): Promise<WorkflowContext> => {
  const { timestamp } = first
  const addresses = queries.map(query => (isSite(query) ? withoutFragment(query) : query))
  let context = first
  for (const [stage, results] of [
    ['find-location', {}],
    ['control', { generatedQueries: [...new Set(addresses)] }],
  ] as const) {
    if (context.completedStages.includes(stage)) continue
    const there = WorkflowTracker.moveToStage(context, stage, timestamp)
    await report(handlers => handlers.handleStageComplete(there, { results }))
    context = WorkflowTracker.completeStage(there, results, timestamp)
  }
  return WorkflowTracker.moveToStage(context, search, timestamp)
}

/**
 * Searches what a batch names and reports every media item. When it broke off it is done again from the beginning: what
 * is found again is known, and counts once. The last report says that the search is over.
 *
 * @param first the batch's context, at a time that is the same whenever the search is done again
 * @returns the receipt of the last report; undefined when it was told to stop
 */
export const discover = async (first: WorkflowContext, parts: Discovering): Promise<Receipt | undefined> => {
  const { sources, report, signal } = parts
  const queries = queriesOf(first)
  if (!isOurs(queries)) {
    const why = 'A new batch needs queries: URLs with http(s):// or absolute paths of folders.'
    return fail(first, new Trouble('no-queries', why), report)
  }
  const context = await prepared(first, queries, report)
  const began = performance.now()
  const found = new Set<string>()
  const notes: Record<string, number> = {}
  const failed: { readonly query: string; readonly trouble: Trouble }[] = []
  let waiting: Promise<Receipt>[] = []
  const tell = async (reported: Promise<Receipt>): Promise<void> => {
    // It is looked at with the others; one that fails before that is not left unheard.
    reported.catch(() => {})
    waiting.push(reported)
    if (waiting.length >= reportsAtOnce) await told()
  }
  const told = async (): Promise<void> => {
    const all = waiting
    waiting = []
    await Promise.all(all)
  }
  /** A part that could not be searched fails nothing. */
  const partial = ({ message: error, code }: Trouble, place: string): Promise<Receipt> =>
    report(handlers => handlers.handleError(context, { error, code, place, fatal: false }))

  for (const query of queries)
    try {
      for await (const find of sources.find(query)) {
        if (signal.aborted) break
        if ('note' in find) notes[find.note] = (notes[find.note] ?? 0) + 1
        else if ('trouble' in find) await tell(partial(find.trouble, find.place))
        else if (!found.has(find.item.itemUrl)) {
          const item = { ...find.item }
          found.add(item.itemUrl)
          await tell(report(handlers => handlers.handleItemFound(context, item)))
        }
      }
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      failed.push({ query, trouble: error })
    }
  const [one] = failed
  const isFatal = one !== undefined && failed.length === queries.length
  for (const { query, trouble } of isFatal ? failed.slice(1) : failed) await tell(partial(trouble, query))
  await told()
  if (signal.aborted) return undefined
  const over = WorkflowTracker.moveToStage(context, search)
  if (isFatal) return fail(over, one.trouble, report)
  const results = {
    search: { found: found.size, ...notes },
    processingTime: Math.round(performance.now() - began),
  }
  return report(handlers => handlers.handleStageComplete(over, { results }))
}

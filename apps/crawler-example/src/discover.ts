import { randomUUID } from 'node:crypto'
import type { Receipt } from 'crawl-ledger'
import { type Batch, type BatchOf, discovery } from './batch.js'
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

/** Nothing of a batch could be searched. Its id makes it a new fact each time, for the batch may be tried again. */
const fatal = (of: BatchOf, { message, code }: Trouble): object => ({
  ...of,
  id: randomUUID(),
  type: 'error',
  stage: discovery,
  fatal: true,
  error: { message, code },
})

/** Without an id of its own, the same trouble told again by a search that starts anew counts once. */
const partial = (of: BatchOf, { message, code }: Trouble, place: string): object => ({
  ...of,
  type: 'error',
  error: { message, code },
  context: { while: discovery, place },
})

/**
 * Searches what a batch names and reports every media item. When it broke off it is done again from the beginning: what
 * is found again is `unchanged` and counts once. The last report says that the search is over.
 *
 * @returns the receipt of that report; undefined when it was told to stop
 */
export const discover = async (batch: Batch, parts: Discovering): Promise<Receipt | undefined> => {
  const { sources, report, signal } = parts
  const { locationId, batchId, queries } = batch
  const of = { locationId, batchId }
  const began = performance.now()
  const found = new Set<string>()
  const notes: Record<string, number> = {}
  const failed: { readonly query: string; readonly trouble: Trouble }[] = []
  let waiting: Promise<Receipt>[] = []
  const tell = async (message: object): Promise<void> => {
    const reported = report(message)
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

  for (const query of queries)
    try {
      for await (const find of sources.find(query)) {
        if (signal.aborted) break
        if ('note' in find) notes[find.note] = (notes[find.note] ?? 0) + 1
        else if ('trouble' in find) await tell(partial(of, find.trouble, find.place))
        else if (!found.has(find.item.mediaId)) {
          found.add(find.item.mediaId)
          await tell({ ...of, type: 'item-found', item: find.item })
        }
      }
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      failed.push({ query, trouble: error })
    }
  const [first] = failed
  const isFatal = first !== undefined && failed.length === queries.length
  for (const { query, trouble } of isFatal ? failed.slice(1) : failed) await tell(partial(of, trouble, query))
  await told()
  if (signal.aborted) return undefined
  if (isFatal) return report(fatal(of, first.trouble))
  return report({
    ...of,
    type: 'stage-complete',
    stage: discovery,
    result: { found: found.size, ...notes },
    processing: { durationMs: Math.round(performance.now() - began) },
  })
}

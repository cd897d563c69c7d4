import { setMaxListeners } from 'node:events'
import type { Ledger, Logger, MessageContext, Receipt } from 'crawl-ledger'
import pLimit from 'p-limit'
import { type Batch, discovery, isNewBatch, isOurs, withStages, workflowIdOf } from './batch.js'
import { discover } from './discover.js'
import type { Limits } from './limits.js'
import { Overseer } from './overseer.js'
import { makeSources } from './sources.js'
import { isDiscovered } from './standing.js'
import { makeReport, makeUntilThere, pause, type UntilThere } from './store-away.js'
import { work } from './worker.js'

export interface Pace {
  /** For how long a claim holds when the process that has it is gone. */
  readonly claimMs: number
  /** After how long a silence a batch counts as left lying: longer than `claimMs`, and than the longest page or file. */
  readonly idleForMs: number
  /** How many stages at once. */
  readonly atOnce: number
}

export const usualPace: Pace = { claimMs: 10_000, idleForMs: 60_000, atOnce: 8 }

export interface CrawlerOptions extends Pace {
  readonly ledger: Ledger
  readonly logger: Logger
  readonly limits: Limits
}

export interface Crawler {
  /** Records one message. What is a new batch is crawled from then on, whatever happens to this process. */
  take(message: unknown, context?: MessageContext): Promise<Receipt>
  /** Finishes what is in hand and reports it. */
  stop(): Promise<void>
  /** Waits for a store that is away as the crawler itself does, and no longer than it runs. */
  readonly untilThere: UntilThere
  /** Rejects when the crawler cannot go on. */
  readonly ended: Promise<void>
}

/** How many batches are searched at once; the others wait in the log. */
const searchesAtOnce = 2

export const startCrawler = (options: CrawlerOptions): Crawler => {
  const { ledger, logger, limits, claimMs, idleForMs, atOnce } = options
  const stopping = new AbortController()
  const { signal } = stopping
  // Whatever waits listens, and that may be many.
  setMaxListeners(0, signal)
  const sources = makeSources(limits)
  const untilThere = makeUntilThere(ledger, signal, logger)
  const report = makeReport(ledger, untilThere)
  const overseer = new Overseer({ ledger, untilThere, report, attempts: limits.attempts, signal })
  const searching = new Map<string, Promise<void>>()
  const turn = pLimit(searchesAtOnce)
  let fail = (_error: unknown): void => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })

  const search = (batch: Batch): void => {
    const workflowId = workflowIdOf(batch)
    if (searching.has(workflowId)) return
    const searched = turn(async () => {
      if (signal.aborted) return
      const receipt = await discover(batch, { sources, report, signal })
      if (receipt !== undefined) overseer.watch(workflowId, receipt)
    })
      .catch(fail)
      .finally(() => searching.delete(workflowId))
    searching.set(workflowId, searched)
  }

  const begin = async (
    { locationId, batchId, queries }: Batch,
    outcome: Receipt['outcome'],
  ): Promise<void> => {
    const batch = { locationId, batchId, queries }
    if (isOurs(queries)) {
      // A message that comes again may be of a batch that was searched before, or is over.
      const workflow =
        outcome === 'recorded' ? undefined : await untilThere(() => ledger.workflows.get(workflowIdOf(batch)))
      if (workflow?.status === 'completed' || workflow?.status === 'failed') return
      if (workflow === undefined || !isDiscovered(workflow)) search(batch)
      else overseer.watch(workflow._id)
      return
    }
    const message = 'A new batch needs queries: URLs with http(s):// or absolute paths of folders.'
    await report({
      locationId,
      batchId,
      type: 'error',
      stage: discovery,
      fatal: true,
      error: { message, code: 'no-queries' },
    })
  }

  /** What was interrupted, now and from time to time: a server that dies is nobody who could say so. */
  const resume = async (): Promise<void> => {
    while (!signal.aborted) {
      await untilThere(async () => {
        for await (const { workflow, done } of ledger.recovery.resumeAll({ idleForMs })) {
          const { locationId, batchId, described } = workflow
          logger.info({ workflow: workflow._id }, 'goes on with what was interrupted')
          if (isOurs(described.queries) && !done.includes(discovery))
            search({ locationId, batchId, queries: described.queries })
          else overseer.watch(workflow._id)
          // Others may take the rest: the next one is asked for when there is room for it.
          while (searching.size >= searchesAtOnce) await Promise.race(searching.values())
          if (signal.aborted) return
        }
      })
      await pause(idleForMs, signal)
    }
  }

  const loops = [
    work({
      ledger,
      logger,
      sources,
      untilThere,
      report,
      claimMs,
      atOnce,
      signal,
      onReported: (workflowId, receipt) => overseer.watch(workflowId, receipt),
    }),
    overseer.run(),
    resume(),
  ]
  for (const loop of loops) loop.catch(fail)
  const ended = Promise.race([failed, Promise.all(loops).then(() => {})])
  ended.catch(() => stopping.abort())

  return {
    take: async (message, context) => {
      const receipt = await ledger.handle(withStages(message), context)
      if (receipt.outcome !== 'rejected' && receipt.outcome !== 'unavailable' && isNewBatch(message))
        begin(message, receipt.outcome).catch(fail)
      return receipt
    },
    stop: async () => {
      stopping.abort()
      await Promise.allSettled([...loops, ...searching.values()])
    },
    untilThere,
    ended,
  }
}

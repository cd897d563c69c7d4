import { setMaxListeners } from 'node:events'
import type { Handle, Ledger, Logger, WorkflowDocument, WorkflowRef } from 'crawl-ledger'
import pLimit from 'p-limit'
import { isSearched, keyOf, searchContextOf } from './batch.js'
import { discover } from './discover.js'
import type { Limits } from './limits.js'
import { newBatchIn } from './new-batch.js'
import { Overseer } from './overseer.js'
import { makeSources } from './sources.js'
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
  readonly take: Handle
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
  const overseer = new Overseer({ ledger, untilThere, signal })
  const searching = new Map<string, Promise<void>>()
  const turn = pLimit(searchesAtOnce)
  let fail = (_error: unknown): void => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })

  const search = (workflow: WorkflowDocument): void => {
    const key = keyOf(workflow)
    if (searching.has(key)) return
    const searched = turn(async () => {
      if (signal.aborted) return
      const context = await untilThere(() => searchContextOf(ledger, workflow))
      const receipt = await discover(context, { sources, report, signal })
      if (receipt !== undefined) overseer.watch(workflow, receipt)
    })
      .catch(fail)
      .finally(() => searching.delete(key))
    searching.set(key, searched)
  }

  const goOn = (workflow: WorkflowDocument): void =>
    isSearched(workflow) ? overseer.watch(workflow, workflow) : search(workflow)

  /** A message that comes again may be of a batch that was searched before, or is over. */
  const begin = async (batch: WorkflowRef): Promise<void> => {
    const workflow = await untilThere(() => ledger.workflows.current(batch))
    if (workflow?.status === 'active') goOn(workflow)
  }

  /** What was interrupted, now and from time to time: a server that dies is nobody who could say so. */
  const resume = async (): Promise<void> => {
    while (!signal.aborted) {
      await untilThere(async () => {
        for await (const { workflow } of ledger.recovery.resumeAll({ idleForMs })) {
          logger.info({ workflow: workflow._id }, 'goes on with what was interrupted')
          goOn(workflow)
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
      attempts: limits.attempts,
      signal,
      onReported: (workflow, receipt) => overseer.watch(workflow, receipt),
    }),
    overseer.run(),
    resume(),
  ]
  for (const loop of loops) loop.catch(fail)
  const ended = Promise.race([failed, Promise.all(loops).then(() => {})])
  ended.catch(() => stopping.abort())

  return {
    take: async (message, context) => {
      const receipt = await ledger.handle(message, context)
      const batch = newBatchIn(message)
      if (receipt.outcome !== 'rejected' && receipt.outcome !== 'unavailable' && batch !== undefined)
        begin(batch).catch(fail)
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

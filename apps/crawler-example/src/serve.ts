import type { Handle, Ledger, Logger } from 'crawl-ledger'
import { type CrawlerOptions, startCrawler } from './crawler.js'

export interface Intake {
  /** Records one message; its receipt says what became of it. */
  readonly handle: Handle
  /** Asks whether the store is there. */
  readonly ping: () => Promise<number>
  readonly logger: Logger
}

export interface Source {
  /** Rejects when no more messages can come: it is refused, or there is no such queue. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** Where messages come from: it hands them in until it is stopped. */
export type Messages = (intake: Intake) => Promise<Source>

export interface ServeOptions extends CrawlerOptions {
  readonly ledger: Ledger
  readonly messages: Messages
  readonly signal: AbortSignal
}

/** Crawls what the messages ask for until told to stop. Rejects when it cannot go on: start it again, nothing is lost. */
export const serve = async ({ messages, signal, ...options }: ServeOptions): Promise<void> => {
  const { ledger, logger } = options
  const crawler = startCrawler(options)
  const told = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  try {
    const source = await messages({ handle: crawler.take, ping: ledger.ping, logger })
    try {
      await Promise.race([told, crawler.ended, source.ended])
    } finally {
      await source.stop()
    }
  } finally {
    await crawler.stop()
  }
}

import { decodeMessage, streamOf } from '@crawl-ledger/domain'
import { type Receipt, StoreUnavailable, type Writer } from '@crawl-ledger/log'
import * as E from 'fp-ts/lib/Either.js'
import { InFlight } from './in-flight.js'
import { messagesOf, type OldMessage } from './messages-of.js'
import type { OldDocument, Unreadable } from './old-document.js'

export interface ImportResult {
  /** How many documents there were. */
  readonly documents: number
  /** How many messages were recorded now, and how many by an earlier run. */
  readonly recorded: number
  readonly duplicate: number
  /** How many told of what was known already. */
  readonly unchanged: number
  /** Documents of which not every message was taken. */
  readonly unreadable: readonly Unreadable[]
}

/** Writes one message. Those of one workflow are taken in the order of the calls. */
export type WriteImported = (message: OldMessage) => Promise<Receipt>

/** Writes through a writer, marked as imported. The message's id is its digest: a second run makes the same ones. */
export const importing =
  (writer: Writer): WriteImported =>
  async message => {
    const decoded = decodeMessage(message, new Date().toISOString())
    if (E.isLeft(decoded)) return { outcome: 'rejected', rejection: decoded.left }
    return writer.write(streamOf(decoded.right.body), { envelope: decoded.right, handler: 'import' })
  }

/** Few enough to fit into memory, enough to keep the store's append batches full. */
const documentsAtOnce = 256
const messagesAtOnce = 8192

/**
 * Records what the documents of the former system say. A second run over the same documents records nothing; one over
 * documents that changed since records what is new in them.
 *
 * @param source in any order: what views say does not depend on it
 * @throws StoreUnavailable when the ledger's store does not answer; run it again then
 */
export const importCollections = async (
  source: AsyncIterable<OldDocument>,
  write: WriteImported,
): Promise<ImportResult> => {
  const counts = { documents: 0, recorded: 0, duplicate: 0, unchanged: 0 }
  const unreadable: Unreadable[] = []
  const inFlight = new InFlight(documentsAtOnce, messagesAtOnce)

  const settle = ({ collection, document }: OldDocument, receipts: readonly Receipt[]): void => {
    let reason: string | undefined
    for (const receipt of receipts) {
      if (receipt.outcome === 'unavailable' || receipt.outcome === 'spooled')
        throw new StoreUnavailable('The store that is imported into', undefined)
      if (receipt.outcome === 'rejected') reason ??= receipt.rejection.message
      else counts[receipt.outcome] += 1
    }
    if (reason !== undefined) unreadable.push({ collection, _id: document._id ?? null, reason })
  }

  try {
    for await (const each of source) {
      counts.documents += 1
      const messages = messagesOf(each)
      await inFlight.start(messages.length, async () => settle(each, await Promise.all(messages.map(write))))
    }
  } finally {
    await inFlight.settled()
  }
  inFlight.check()
  return { ...counts, unreadable }
}

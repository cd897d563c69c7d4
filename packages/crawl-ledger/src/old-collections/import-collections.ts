import { decodeMessage, type JsonObject, type Rejection, streamOf } from '@crawl-ledger/domain'
import { type Receipt, StoreUnavailable, type Writer } from '@crawl-ledger/log'
import * as E from 'fp-ts/lib/Either.js'
import { InFlight } from './in-flight.js'
import { KnownLocations } from './known-locations.js'
import { messagesOf, plainDocument } from './messages-of.js'
import { type OldCollection, type OldDocument, type Unreadable, unreadable } from './old-document.js'
import { repeated } from './repeated.js'

/** A message that was made of a document and that the ledger does not take. */
export interface RejectedImport {
  readonly collection: OldCollection
  readonly _id: Unreadable['_id']
  readonly message: JsonObject
  readonly rejection: Rejection
}

export interface ImportResult {
  /** How many documents there were. */
  readonly documents: number
  /** How many messages were recorded now, and how many by an earlier run. */
  readonly recorded: number
  readonly duplicate: number
  /** How many of them told of what was known already, as a second document of a media item does: each is kept whole. */
  readonly repeated: number
  readonly rejected: readonly RejectedImport[]
  readonly unreadable: readonly Unreadable[]
}

/** Writes one message. Those of one workflow are taken in the order of the calls. */
export type WriteImported = (message: JsonObject) => Promise<Receipt>

/** Writes through a writer, marked as imported. */
export const importing =
  (writer: Writer): WriteImported =>
  async message => {
    const decoded = decodeMessage(message, new Date().toISOString())
    if (E.isLeft(decoded)) return { outcome: 'rejected', rejection: decoded.left }
    return writer.write(streamOf(decoded.right.body), { envelope: decoded.right, handler: 'import' })
  }

/** Few enough to fit into memory, enough to keep the store's flights full. */
const documentsAtOnce = 256
const messagesAtOnce = 8192

/**
 * Records what the documents of the former system say. A second run over the same documents records nothing; one
 * over documents that changed since records what is new in them, and rejects what contradicts (`id-reused`).
 *
 * @param source locations first, then workflows, then media: a workflow takes along what is said of its location
 * @throws StoreUnavailable when the ledger's store does not answer; run it again then
 */
export const importCollections = async (
  source: AsyncIterable<OldDocument>,
  write: WriteImported,
): Promise<ImportResult> => {
  const counts = { documents: 0, recorded: 0, duplicate: 0, repeated: 0 }
  const rejected: RejectedImport[] = []
  const notRead: Unreadable[] = []
  const locations = new KnownLocations()
  const inFlight = new InFlight(documentsAtOnce, messagesAtOnce)
  let described = false

  const messagesIn = ({
    collection,
    document: raw,
  }: OldDocument): E.Either<Unreadable, readonly JsonObject[]> => {
    const plain = plainDocument(collection, raw)
    if (E.isLeft(plain)) return plain
    const document = plain.right
    if (collection === 'locations') {
      const why = described
        ? unreadable(
            collection,
            document,
            'it came after workflows, which take along what is said of a location',
          )
        : locations.add(document)
      return why === undefined ? E.right([]) : E.left(why)
    }
    described = true
    const messages = messagesOf(collection, document)
    if (E.isLeft(messages)) return messages
    const { locationId, batchId } = messages.right[0] as { locationId: string; batchId: string }
    if (collection === 'workflows') {
      const description = locations.describe(locationId)
      return description === undefined ? messages : messagesOf(collection, document, description)
    }
    const late = locations.describeLate(locationId, batchId)
    return late === undefined ? messages : E.right([late, ...messages.right])
  }

  const settle = (from: OldDocument, message: JsonObject, receipt: Receipt): void => {
    if (receipt.outcome === 'unavailable' || receipt.outcome === 'spooled')
      throw new StoreUnavailable('The store that is imported into', undefined)
    if (receipt.outcome === 'rejected')
      rejected.push({
        collection: from.collection,
        _id: from.document._id ?? null,
        message,
        rejection: receipt.rejection,
      })
    else counts[receipt.outcome === 'recorded' ? 'recorded' : 'duplicate'] += 1
  }

  /** Writes a message, and one that said nothing new once more in a form that is kept: with what was written. */
  const record = async (from: OldDocument, message: JsonObject): Promise<readonly [JsonObject, Receipt]> => {
    const receipt = await write(message)
    if (receipt.outcome !== 'unchanged') return [message, receipt]
    counts.repeated += 1
    const kept = repeated(from, message)
    return [kept, await write(kept)]
  }

  try {
    for await (const each of source) {
      counts.documents += 1
      const messages = messagesIn(each)
      if (E.isLeft(messages)) notRead.push(messages.left)
      else if (messages.right.length > 0)
        await inFlight.start(messages.right.length, async () => {
          const written = await Promise.all(messages.right.map(message => record(each, message)))
          for (const [message, receipt] of written) settle(each, message, receipt)
        })
    }
  } finally {
    await inFlight.settled()
  }
  inFlight.check()
  return { ...counts, rejected, unreadable: [...notRead, ...locations.unused()] }
}

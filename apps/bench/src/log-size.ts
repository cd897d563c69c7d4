import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { decodeMessage, streamOf } from '@crawl-ledger/domain'
import { openLedger } from 'crawl-ledger'
import * as E from 'fp-ts/lib/Either.js'
import type { Ratio } from './measures.js'
import { crawl } from './stream.js'
import type { Opened } from './subject.js'
import { inFlight } from './timing.js'

/** As many as the demo hands over at once. */
const most = 512

/** The messages of a file, plain or `.gz`, or without one those of the bench. */
async function* messagesOf(file: string | undefined, total: number): AsyncGenerator<unknown> {
  if (file === undefined) {
    yield* crawl('size', total, most / 8)
    return
  }
  const bytes = createReadStream(file)
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  for await (const line of createInterface({ input })) if (line.trim() !== '') yield JSON.parse(line)
}

/** The bytes of the log to those of the canonical forms of the distinct messages that made it. */
export const logSize = async (
  { subject }: Opened,
  file: string | undefined,
  total: number,
): Promise<readonly Ratio[]> => {
  const messages: unknown[] = []
  const known = new Set<string>()
  let told = 0
  for await (const message of messagesOf(file, total)) {
    messages.push(message)
    const decoded = decodeMessage(message, '2024-01-01T00:00:00.000Z')
    if (E.isLeft(decoded)) continue
    const { id, digest, bytes, body } = decoded.right
    const key = JSON.stringify([streamOf(body), id, digest])
    if (!known.has(key)) told += bytes
    known.add(key)
  }
  const store = subject.fresh()
  const ledger = await openLedger({ store, project: false })
  await inFlight(messages, most, message => ledger.handle(message))
  await ledger.close()
  const kept = await subject.logBytes(store)
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
  return [
    {
      what: `bytes of the log to those of its ${known.size.toLocaleString('en')} messages`,
      ratio: kept / told,
      limit: { atMost: 0.7 },
      detail: `${megabytes(kept)} to ${megabytes(told)}`,
    },
  ]
}

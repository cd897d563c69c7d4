import type { Handle } from 'crawl-ledger'
import type { Line } from './messages-file.js'

/** What became of the messages. It grows while they are handed over. */
export interface Counts {
  read: number
  recorded: number
  duplicate: number
  unchanged: number
  rejected: number
}

export const noCounts = (): Counts => ({ read: 0, recorded: 0, duplicate: 0, unchanged: 0, rejected: 0 })

/** The store was away for longer than is worth waiting for. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway'
}

export interface Ingest {
  readonly lines: AsyncIterable<Line>
  readonly handle: Handle
  readonly counts: Counts
  readonly onRejected: (line: number, reason: string) => void
  /** Called when the store begins not to answer. */
  readonly onAway?: () => void
  /** Stops the intake; what is in flight is finished. */
  readonly signal?: AbortSignal
  /** How many messages are in flight at most. */
  readonly atOnce?: number
  /** For how long a message is tried again while the store is away. */
  readonly patienceMs?: number
  readonly pauseMs?: number
}

/** For how long the store may be away, in milliseconds. */
export const usualPatienceMs = 30_000

/** Messages in flight are held in memory: large ones are handed over a few at a time. */
const bytesAtOnce = 64 * 1024 * 1024

type Parsed = { readonly message: unknown; readonly bytes: number } | { readonly problem: string }

const parsed = (line: Line): Parsed => {
  if ('problem' in line) return line
  try {
    return { message: JSON.parse(line.text), bytes: line.bytes }
  } catch (error) {
    return { problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/**
 * Gives the lines to the handlers, many at once, called in the file's order: the library keeps the messages
 * of a workflow in the order of the calls. While the store is away nothing new is handed over.
 */
export const ingest = async (options: Ingest): Promise<void> => {
  const {
    lines,
    handle,
    counts,
    onRejected,
    signal,
    atOnce = 512,
    patienceMs = usualPatienceMs,
    pauseMs = 500,
  } = options
  let flying = 0
  let bytesFlying = 0
  let away = false
  let failure: { readonly error: unknown } | undefined
  let wake = (): void => {}

  const landed = (): Promise<void> =>
    new Promise(resolve => {
      wake = resolve
    })
  const reject = (line: number, reason: string): void => {
    counts.rejected += 1
    onRejected(line, reason)
  }
  const handOver = async (number: number, message: unknown): Promise<void> => {
    const giveUpAt = performance.now() + patienceMs
    while (failure === undefined) {
      const receipt = await handle(message)
      if (receipt.outcome === 'rejected') return reject(number, receipt.rejection.message)
      // The demo has no spool: what the ledger does not take is still in the file.
      if (receipt.outcome !== 'unavailable' && receipt.outcome !== 'spooled') {
        counts[receipt.outcome] += 1
        return
      }
      if (!away) options.onAway?.()
      away = true
      if (signal?.aborted) return
      if (performance.now() >= giveUpAt) throw new StoreAway()
      await new Promise(resolve => setTimeout(resolve, pauseMs))
    }
  }
  const launch = (number: number, { message, bytes }: { message: unknown; bytes: number }): void => {
    flying += 1
    bytesFlying += bytes
    handOver(number, message)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => {
        flying -= 1
        bytesFlying -= bytes
        wake()
      })
  }
  const full = (): boolean => flying >= atOnce || bytesFlying >= bytesAtOnce || (away && flying > 0)
  const room = async (): Promise<void> => {
    while (full()) await landed()
    away = false
  }

  try {
    for await (const line of lines) {
      if (signal?.aborted || failure !== undefined) break
      counts.read += 1
      const read = parsed(line)
      if ('problem' in read) reject(line.number, read.problem)
      else launch(line.number, read)
      if (full()) await room()
    }
  } finally {
    while (flying > 0) await landed()
  }
  if (failure !== undefined) throw failure.error
}

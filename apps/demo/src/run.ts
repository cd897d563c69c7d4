import { explain, type Handle, type Ledger, NotCaughtUp } from 'crawl-ledger'
import { type Counts, ingest, noCounts, StoreAway } from './ingest.js'
import { FileError, type MessagesFile } from './messages-file.js'
import { clean, type Output } from './output.js'
import { startProgress } from './progress.js'
import { plural } from './report.js'

/** Something that ends the demo. `message` is for a person. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

export interface Ran {
  readonly counts: Counts
  readonly seconds: { readonly ingest: number; readonly project: number }
  /** Ctrl-C was pressed on the way. */
  readonly interrupted: boolean
}

const rejectionsShown = 20
const stalledAfterMs = 30_000

const seconds = (from: number, to: number): number => Math.round(to - from) / 1000

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Waits as long as the views come nearer to the log's end. */
const caughtUp = async (ledger: Ledger, signal: AbortSignal): Promise<void> => {
  let behind = Number.POSITIVE_INFINITY
  while (!signal.aborted) {
    try {
      await Promise.race([ledger.caughtUp({ timeoutMs: stalledAfterMs }), aborted(signal)])
      return
    } catch (error) {
      if (!(error instanceof NotCaughtUp) || error.behind >= behind) throw error
      behind = error.behind
    }
  }
}

const stopped = (error: unknown, ledger: Ledger, counts: Counts): DemoError => {
  const why =
    error instanceof FileError
      ? error.message
      : error instanceof StoreAway
        ? `${ledger.store} has not answered for half a minute: see that it runs, then start again.`
        : explain(error)
  const handled = plural(counts.recorded + counts.duplicate + counts.unchanged, 'message')
  const kept =
    ledger.store === 'memory:' ? '' : ` What was handled before that (${handled}) stays in ${ledger.store}.`
  return new DemoError(why + kept, { cause: error })
}

export interface Parts {
  readonly ledger: Ledger
  /** What the messages are given to. */
  readonly handle: Handle
  /** Tells of a store that goes away, where the receipts do not. */
  readonly whenAway?: (listener: () => void) => void
  readonly file: MessagesFile
  readonly output: Output
  readonly signal: AbortSignal
  /** How many messages are in flight at most. */
  readonly atOnce: number
  /** Where progress is shown; nowhere if undefined. */
  readonly progressOn: NodeJS.WriteStream | undefined
}

/** Gives the file's messages to the ledger and waits until the views hold them. */
export const run = async ({
  ledger,
  handle,
  whenAway,
  file,
  output,
  signal,
  atOnce,
  progressOn,
}: Parts): Promise<Ran> => {
  const counts = noCounts()
  const progress =
    progressOn === undefined
      ? undefined
      : startProgress(progressOn, {
          counts,
          done: () => (file.size === 0 ? undefined : file.bytesRead() / file.size),
          lag: async () => (await ledger.lag()).commits,
        })
  const warn = (text: string): void => {
    const write = (): void => output.warn(text)
    if (progress === undefined) write()
    else progress.aside(write)
  }
  const onRejected = (line: number, reason: string): void => {
    if (counts.rejected <= rejectionsShown) warn(`line ${line} rejected: ${clean(reason)}`)
  }
  const onAway = (): void => warn(`${ledger.store} does not answer; trying again for half a minute.`)
  whenAway?.(onAway)
  const began = performance.now()
  let received = began
  try {
    await ingest({ lines: file.lines(), handle, counts, onRejected, onAway, signal, atOnce })
    received = performance.now()
    await caughtUp(ledger, signal)
  } catch (error) {
    throw stopped(error, ledger, counts)
  } finally {
    progress?.stop()
    const more = counts.rejected - rejectionsShown
    if (more > 0) output.warn(`and ${plural(more, 'more line')} rejected`)
  }
  return {
    counts,
    seconds: { ingest: seconds(began, received), project: seconds(received, performance.now()) },
    interrupted: signal.aborted,
  }
}

import { constants } from 'node:os'

export interface EndingOptions {
  /** Where it says that it ends, and what it did not wait for; pino fits. */
  readonly log: { info(sentence: string): void; warn(sentence: string): void }
  /** How long closing may take after a signal, in milliseconds. Default 8,000. */
  readonly limitMs?: number
  /** Ends the process at once. Default `process.exit`. */
  readonly exit?: (code: number) => void
}

interface Opened {
  readonly name: string
  readonly close: () => unknown
}

const signals = ['SIGTERM', 'SIGINT'] as const

/** One press of Ctrl-C reaches a program twice where a terminal and a package manager both pass it on, so soon. */
const samePressMs = 500

/**
 * How a program ends: SIGTERM or Ctrl-C aborts `signal`, and what was opened is closed, the last first. A program ends
 * also where a store or a broker does not answer: at the limit it says what it did not wait for, and leaves with 128 and
 * the signal's number (143, 130), as one that the signal ended. A second signal leaves at once with the same code.
 *
 * Nothing is lost by that: what was in hand has no receipt, so it is done again, and leases run out.
 */
export class Ending {
  private readonly told = new AbortController()
  private readonly open: Opened[] = []
  private toldAt = 0
  private limit: NodeJS.Timeout | undefined

  /** Listens from now on. Make it when there is something to close: before that a signal may end the process. */
  constructor(private readonly options: EndingOptions) {
    for (const signal of signals) process.on(signal, this.hear)
  }

  /** Aborted by the first signal: take nothing more, and finish what is in hand. */
  get signal(): AbortSignal {
    return this.told.signal
  }

  /** Has something closed at the end, before what was opened earlier. @param name what is told of it at the limit */
  opened(name: string, close: () => unknown): void {
    this.open.push({ name, close })
  }

  /** Resolves at the first signal. */
  async asked(): Promise<void> {
    if (this.signal.aborted) return
    await new Promise<void>(resolve => this.signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** Closes all that is open, each also where another fails. Rejects with the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let last = this.open.at(-1); last !== undefined; last = this.open.at(-1)) {
      try {
        await last.close()
      } catch (error) {
        failures.push(error)
      }
      this.open.pop()
    }
    clearTimeout(this.limit)
    for (const signal of signals) process.off(signal, this.hear)
    if (failures.length > 0) throw failures[0]
  }

  private readonly hear = (signal: NodeJS.Signals): void => {
    const { log, limitMs = 8000, exit = process.exit } = this.options
    const code = 128 + constants.signals[signal]
    if (this.signal.aborted) {
      if (performance.now() - this.toldAt < samePressMs) return
      log.warn(`leaving at once after another ${signal}`)
      exit(code)
      return
    }
    this.toldAt = performance.now()
    log.info(`closing after ${signal}`)
    // It keeps no process alive that has closed all.
    this.limit = setTimeout(() => {
      const names = this.open.map(({ name }) => name).reverse()
      const what = names.length === 0 ? 'what is in hand' : names.join(', ')
      log.warn(
        `not closed within ${limitMs} ms: ${what}. What was in hand is done again by whoever goes on; leaving with ${code}.`,
      )
      exit(code)
    }, limitMs).unref()
    this.told.abort()
  }
}

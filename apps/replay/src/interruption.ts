import { Ending } from 'crawl-ledger/ending'

/** Told to end before all was done. The sentence says what that leaves. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

const log = {
  info: () => {},
  warn: (sentence: string): void => {
    process.stderr.write(`${sentence}\n`)
  },
}

/** Does what ends at the first Ctrl-C or SIGTERM: `signal` is aborted then. A second one ends the process at once. */
export const untilInterrupted = async <A>(work: (signal: AbortSignal) => Promise<A>): Promise<A> => {
  const ending = new Ending({ log })
  try {
    return await work(ending.signal)
  } finally {
    await ending.close()
  }
}

/** The same for what is not done when it ends early, so that it leaves no half files and no half bar behind. @throws Interrupted */
export const interruptible = async <A>(
  sentence: string,
  work: (signal: AbortSignal) => Promise<A>,
): Promise<A> =>
  untilInterrupted(async signal => {
    try {
      return await work(signal)
    } catch (error) {
      throw signal.aborted ? new Interrupted(sentence) : error
    }
  })

/** Told to end before all was done. The sentence says what that leaves. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export const interruption = (): AbortSignal => {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  return stop.signal
}

/** Does what may be told to end, so that it leaves no half files and no half bar behind. @throws Interrupted */
export const interruptible = async <A>(
  sentence: string,
  work: (signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  const signal = interruption()
  try {
    return await work(signal)
  } catch (error) {
    throw signal.aborted ? new Interrupted(sentence) : error
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Handlers, type Ledger, type Logger, type Receipt, StoreUnavailable } from 'crawl-ledger'

/** Waits, or not at all once it is told to stop. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => {})

const firstPauseMs = 100
const longestPauseMs = 5000

/** Tries again while the store is away, until told to stop; then it throws what it would have tried again for. */
export type UntilThere = <A>(ask: () => Promise<A>) => Promise<A>

/** Many may wait for the store at once: the first of them says so, for all. */
export const makeUntilThere = (
  { store }: Pick<Ledger, 'store'>,
  signal: AbortSignal,
  logger: Logger,
): UntilThere => {
  const waiting = new Set<object>()
  return async ask => {
    const me = {}
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2))
        try {
          return await ask()
        } catch (error) {
          if (!(error instanceof StoreUnavailable) || signal.aborted) throw error
          if (waiting.size === 0)
            logger.warn(
              { error: error.message },
              `${store} does not answer. What is in hand waits, and goes on when it is back.`,
            )
          waiting.add(me)
          await pause(pauseMs, signal)
        }
    } finally {
      waiting.delete(me)
    }
  }
}

/** A message that the ledger refuses is a mistake of this program: it ends it. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Tells a handler something, again and again while the store is away: the same each time, so that it counts once. */
export type Report = (tell: (handlers: Handlers) => Promise<Receipt>) => Promise<Receipt>

export const makeReport =
  ({ handlers, store }: Pick<Ledger, 'handlers' | 'store'>, untilThere: UntilThere): Report =>
  tell =>
    untilThere(async () => kept(await tell(handlers), store))

/** A receipt of what is in the log, or on its way there. */
export const kept = (receipt: Receipt, store: string): Receipt => {
  if (receipt.outcome === 'unavailable') throw new StoreUnavailable(store, undefined)
  if (receipt.outcome === 'rejected') throw new Refused(receipt.rejection.message)
  return receipt
}

import { StoreUnavailable } from '../errors.js'
import type { Log } from '../ports.js'

/** At which calls a log fails, counted from 1, and whether what was asked for is done before that. */
export interface Faults {
  readonly calls: readonly number[]
  readonly answerLost: boolean
  /** Counts only calls of this method; without it those of all. */
  readonly of?: keyof Log
}

/** A log over another one that fails at some of its calls as a store does that went away. */
export const faulty = (
  log: Log,
  { calls, answerLost, of }: Faults,
): Log & { readonly failed: () => number } => {
  let count = 0
  let failed = 0
  const guarded =
    <A extends readonly unknown[], R>(name: keyof Log, method: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (of === undefined || of === name) count += 1
      const fails = (of === undefined || of === name) && calls.includes(count)
      const fault = new StoreUnavailable(`The store at call ${count}, ${name},`, undefined)
      if (fails) failed += 1
      if (fails && !answerLost) throw fault
      const answer = await method(...args)
      if (fails) throw fault
      return answer
    }
  return {
    partitions: log.partitions,
    flights: log.flights,
    append: guarded('append', log.append),
    fill: guarded('fill', log.fill),
    restore: guarded('restore', log.restore),
    read: guarded('read', log.read),
    readStreams: guarded('readStreams', log.readStreams),
    findMessages: guarded('findMessages', log.findMessages),
    now: guarded('now', log.now),
    tails: guarded('tails', log.tails),
    failed: () => failed,
  }
}

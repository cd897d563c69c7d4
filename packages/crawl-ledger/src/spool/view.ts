import { ConfigurationError } from '../errors.js'
import type { LedgerSpool } from '../ledger.js'
import type { Spool } from './spool.js'

/** A spool as a service sees it. */
export const spoolView = (spool: Spool): LedgerSpool => {
  const { file, max } = spool.options
  return {
    status: () => {
      const oldest = file.oldest()
      return {
        file: file.path,
        state: spool.state,
        messages: file.waiting,
        max,
        oldestMs: oldest === undefined ? null : Math.max(0, Date.now() - Date.parse(oldest)),
        refused: file.refused,
      }
    },
    refused: ({ limit = 100, after = 0 } = {}) => {
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
        throw new ConfigurationError('limit', `it must be a whole number from 1 to 1000, and not ${limit}.`)
      return file.refusals(after, limit)
    },
    forget: seqs => file.forget(seqs),
  }
}

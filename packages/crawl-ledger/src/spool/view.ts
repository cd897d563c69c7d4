import { LedgerClosed } from '@crawl-ledger/log'
import { ConfigurationError } from '../errors.js'
import type { LedgerSpool } from '../ledger.js'
import type { Spool } from './spool.js'
import type { SpoolFile } from './spool-file.js'

/**
 * A spool as a service sees it, until it is closed.
 *
 * @param store the store's name, as errors have it
 */
export const spoolView = (spool: Spool, store: string): LedgerSpool => {
  const { max } = spool.options
  const opened = (): SpoolFile => {
    if (spool.isClosed) throw new LedgerClosed(store)
    return spool.options.file
  }
  return {
    status: () => {
      const file = opened()
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
      return opened().refusals(after, limit)
    },
    forget: seqs => opened().forget(seqs),
  }
}

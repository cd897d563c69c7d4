import { type Ledger, type LedgerOptions, openLedger, StoreUnusable } from 'crawl-ledger'

/** Opens the ledger; only to be read where this user may not write it: then its views are those that a service keeps. */
export const openToAnswer = async (options: LedgerOptions): Promise<Ledger> => {
  try {
    return await openLedger(options)
  } catch (error) {
    if (!(error instanceof StoreUnusable)) throw error
    return openLedger({ ...options, readOnly: true })
  }
}

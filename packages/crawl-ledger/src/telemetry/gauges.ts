import { meter } from '@crawl-ledger/log'
import type { Observable } from '@opentelemetry/api'
import type { LedgerSpool } from '../ledger.js'

export interface Gauged {
  readonly isAway: () => boolean
  readonly spool: LedgerSpool | undefined
}

/**
 * Lets an SDK ask how the store and the spool of a ledger stand, until the function that it gives is called.
 *
 * @param store the store's name: a process may have several ledgers
 */
export const observeGauges = (store: string, { isAway, spool }: Gauged): (() => void) => {
  const instruments = meter()
  const gauge = (name: string, unit: string, description: string): Observable =>
    instruments.createObservableGauge(`crawl_ledger.${name}`, { description, unit })
  const away = gauge('store.away', '1', '1 while the store is known to be away, else 0.')
  const messages = gauge('spool.messages', '{message}', 'Messages that wait in the spool.')
  const oldest = gauge(
    'spool.oldest.age',
    's',
    'For how long the oldest of them has been waiting; 0 where none waits.',
  )
  const refused = gauge('spool.refused', '{message}', 'Messages that were kept and refused in the end.')
  const all = [away, messages, oldest, refused]
  const attributes = { 'crawl_ledger.store': store }
  const observe: Parameters<typeof instruments.addBatchObservableCallback>[0] = result => {
    result.observe(away, isAway() ? 1 : 0, attributes)
    if (spool === undefined) return
    const status = spool.status()
    result.observe(messages, status.messages, attributes)
    result.observe(oldest, (status.oldestMs ?? 0) / 1000, attributes)
    result.observe(refused, status.refused, attributes)
  }
  instruments.addBatchObservableCallback(observe, all)
  return () => instruments.removeBatchObservableCallback(observe, all)
}

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Writer } from '@crawl-ledger/log'
import { ConfigurationError } from '../errors.js'
import { hasOpenSecret, mongoPlaceOf } from '../mongo-url.js'
import type { LedgerOptions } from '../open-ledger.js'
import { openStore, settingsOf } from '../open-store.js'
import { type ImportResult, importCollections, importing } from './import-collections.js'

/**
 * Imports what the former system left in a MongoDB database into a ledger: `NAME_before` where a ledger moved in there,
 * else `workflows`, `locations` and `media`, without what a ledger wrote. Nothing is changed in a database that is not
 * the ledger's own; there the ledger moves in first, where it is not made yet.
 *
 * @param from `mongodb://HOST/DATABASE` of the old collections; by default the ledger's own database
 * @throws ConfigurationError when a setting cannot be used
 * @throws StoreUnavailable, StoreForbidden, StoreUnusable or LedgerMismatch when a store cannot be used
 */
export const importOldCollections = async (
  from: string | undefined,
  options: LedgerOptions,
): Promise<ImportResult> => {
  const { store: own, database } = settingsOf(options)
  const url = from ?? own
  const place = hasOpenSecret(url) ? undefined : mongoPlaceOf(url, database)
  if (place === undefined)
    throw new ConfigurationError(
      'The URL of the old collections',
      'it must be mongodb://HOST/DATABASE or mongodb+srv://HOST/DATABASE; without one the store must be in MongoDB.',
    )
  const { oldCollections } = await import('@crawl-ledger/mongodb/old-collections')
  const { store } = await openStore(options)
  try {
    const writer = new Writer(store.log, {
      server: options.server ?? `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`,
      ...(options.retryForMs === undefined ? {} : { retryForMs: options.retryForMs }),
    })
    return await importCollections(oldCollections(url, place.database), importing(writer))
  } finally {
    await store.close()
  }
}

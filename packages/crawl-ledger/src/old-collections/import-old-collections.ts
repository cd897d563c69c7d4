import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Writer } from '@crawl-ledger/log'
import { ConfigurationError } from '../errors.js'
import { mongoPlaceOf } from '../mongo-url.js'
import type { LedgerOptions } from '../open-ledger.js'
import { openStore } from '../open-store.js'
import { readSettings } from '../settings.js'
import { type ImportResult, importCollections, importing } from './import-collections.js'

interface Place {
  readonly hosts: readonly string[]
  readonly database: string
}

const placeOf = (url: string, database: string): Place | undefined => {
  const found = mongoPlaceOf(url, database)
  if (found === undefined) return undefined
  const hosts = found.hosts
    .split(',')
    .map(host => (host.includes(':') ? host : `${host}:27017`).toLowerCase())
  return { hosts, database: found.database }
}

/** Whether two URLs name one database, as far as their texts tell: one host in common is enough. */
const same = (a: Place, b: Place): boolean =>
  a.database === b.database && a.hosts.some(host => b.hosts.includes(host))

const oldUrl = 'The URL of the old collections'

const otherDatabase =
  'the views of a ledger are kept in collections of the same names, so it must have a database of its own. ' +
  'Name another database in STORE.'

/**
 * Imports what the former system left in a MongoDB database into a ledger. Nothing is changed there.
 *
 * @param from `mongodb://HOST/DATABASE` of the old collections
 * @throws ConfigurationError when a setting cannot be used, or when both are the same database
 * @throws StoreUnavailable, StoreForbidden, StoreUnusable or LedgerMismatch when a store cannot be used
 */
export const importOldCollections = async (from: string, options: LedgerOptions): Promise<ImportResult> => {
  const { database } = readSettings({ NODE_ENV: process.env.NODE_ENV })
  const source = placeOf(from, database)
  if (source === undefined)
    throw new ConfigurationError(oldUrl, 'it must be mongodb://HOST/DATABASE or mongodb+srv://HOST/DATABASE.')
  const target = placeOf(options.store ?? '', database)
  if (target !== undefined && same(source, target))
    throw new ConfigurationError('STORE', `it is the database of the old collections; ${otherDatabase}`)
  const { holdsLedger, oldCollections } = await import('@crawl-ledger/mongodb/old-collections')
  const refuseLedger = async (): Promise<void> => {
    if (await holdsLedger(from, source.database))
      throw new ConfigurationError(oldUrl, `its database holds a ledger already; ${otherDatabase}`)
  }
  await refuseLedger()
  const { store } = await openStore(options)
  try {
    // One server has many names: had the ledger been made in the source just now, this finds it before a view is.
    await refuseLedger()
    const writer = new Writer(store.log, {
      server: options.server ?? `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`,
      ...(options.retryForMs === undefined ? {} : { retryForMs: options.retryForMs }),
    })
    return await importCollections(oldCollections(from, source.database), importing(writer))
  } finally {
    await store.close()
  }
}

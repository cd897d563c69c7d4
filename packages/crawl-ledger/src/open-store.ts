import type { Store } from '@crawl-ledger/log'
import type { LedgerOptions } from './open-ledger.js'
import { readSettings } from './settings.js'

export interface OpenedStore {
  readonly store: Store
  /** Which store, without user name, password or options. */
  readonly name: string
  /** Whether other machines reach it: then workers project, and not each service. */
  readonly shared: boolean
}

/** The hosts and the database of a `mongodb:` URL, which may name several hosts and so is no WHATWG URL. */
const mongoUrl = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)(?:\/([^?]*))?/

/**
 * Opens the store that a URL names. The adapter is loaded only now: who uses one never loads the other.
 *
 * @throws ConfigurationError, or a `StoreError` of the adapter
 */
export const openStore = async (options: LedgerOptions): Promise<OpenedStore> => {
  const text = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : String(value)
  const overrides = {
    STORE: options.store,
    PARTITIONS: text(options.partitions),
    POOL_SIZE: text(options.poolSize),
  }
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  const {
    store: url,
    database,
    poolSize,
    ...settings
  } = readSettings({ NODE_ENV: process.env.NODE_ENV }, given)
  const common = {
    ...(options.create === undefined ? {} : { create: options.create }),
    ...(settings.partitions === undefined ? {} : { partitions: settings.partitions }),
    ...(options.auditKey === undefined ? {} : { auditKey: options.auditKey }),
  }
  const mongo = mongoUrl.exec(url)
  if (mongo !== null) {
    const { openMongo } = await import('@crawl-ledger/mongodb')
    const [, hosts, path] = mongo
    const chosen = path === undefined || path === '' ? database : decodeURIComponent(path)
    const store = await openMongo(url, chosen, { ...common, poolSize })
    return { store, name: `mongodb://${hosts}/${chosen}`, shared: true }
  }
  const { openSqlite } = await import('@crawl-ledger/sqlite')
  const path = url === 'memory:' ? ':memory:' : url.slice('sqlite:'.length)
  return { store: openSqlite(path, common), name: url, shared: false }
}

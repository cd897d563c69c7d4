import type { Store } from '@crawl-ledger/log'
import { mongoPlaceOf } from './mongo-url.js'
import type { LedgerOptions } from './open-ledger.js'
import { readSettings, type Settings } from './settings.js'

/** Where a ledger's store is, before it is opened. */
export interface StorePlace {
  /** Which store, without user name, password or options. */
  readonly name: string
  /** Whether other machines reach it: then workers project, and not each service. */
  readonly shared: boolean
  /** Opens it. Rejects with a `StoreError` of the adapter. */
  readonly open: () => Promise<Store>
}

export interface OpenedStore extends Omit<StorePlace, 'open'> {
  readonly store: Store
}

const text = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value)

/**
 * The settings of which a ledger's options are made.
 *
 * @throws ConfigurationError
 */
export const settingsOf = (options: LedgerOptions): Settings => {
  const overrides = {
    STORE: options.store,
    PARTITIONS: text(options.partitions),
    POOL_SIZE: text(options.poolSize),
    SPOOL: options.spool,
    SPOOL_MAX: text(options.spoolMax),
  }
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  return readSettings({ NODE_ENV: process.env.NODE_ENV }, given)
}

/** Collections of the former system were in the place of the views: they are kept under another name. */
const tellMovedIn = ({ logger }: LedgerOptions, names: readonly string[]): void => {
  const text = `The ledger moves in. What was there before is kept as ${names.join(', ')}.`
  if (logger === undefined) process.emitWarning(text)
  else logger.warn({ collections: names }, text)
}

/**
 * The store that a URL names. The adapter is loaded only when it is opened: who uses one never loads the other.
 *
 * @throws ConfigurationError
 */
export const placeOf = (options: LedgerOptions): StorePlace => {
  const { store: url, database, poolSize, partitions } = settingsOf(options)
  const create = options.readOnly === true ? false : options.create
  const common = {
    ...(create === undefined ? {} : { create }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(options.auditKey === undefined ? {} : { auditKey: options.auditKey }),
  }
  const mongo = mongoPlaceOf(url, database)
  if (mongo !== undefined) {
    const open = async (): Promise<Store> => {
      const { openMongo } = await import('@crawl-ledger/mongodb')
      const onMovedIn = (names: readonly string[]): void => tellMovedIn(options, names)
      return openMongo(url, mongo.database, { ...common, poolSize, onMovedIn })
    }
    return { name: `mongodb://${mongo.hosts}/${mongo.database}`, shared: true, open }
  }
  const path = url === 'memory:' ? ':memory:' : url.slice('sqlite:'.length)
  const open = async (): Promise<Store> => {
    const { openSqlite } = await import('@crawl-ledger/sqlite')
    return openSqlite(path, { ...common, readOnly: options.readOnly === true })
  }
  return { name: url, shared: false, open }
}

/**
 * Opens the store that a URL names.
 *
 * @throws ConfigurationError, or a `StoreError` of the adapter
 */
export const openStore = async (options: LedgerOptions): Promise<OpenedStore> => {
  const { open, ...place } = placeOf(options)
  return { ...place, store: await open() }
}

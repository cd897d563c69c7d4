import { type Ledger, openLedger, readSettings } from 'crawl-ledger'
import { type OpenedStore, openStore } from 'crawl-ledger/store'

/** What every command is told. */
export interface Common {
  readonly store?: string
  readonly json?: boolean
}

/** The ledger that a command is about: `--store`, else `STORE`. */
export const optionsOf = ({ store }: Common) => {
  const settings = readSettings(process.env, store === undefined ? {} : { STORE: store })
  const { partitions, auditKey, poolSize } = settings
  return {
    store: settings.store,
    poolSize,
    ...(partitions === undefined ? {} : { partitions }),
    ...(auditKey === undefined ? {} : { auditKey }),
  }
}

const closing = async <A>(opened: OpenedStore, use: (opened: OpenedStore) => Promise<A>): Promise<A> => {
  try {
    return await use(opened)
  } finally {
    await opened.store.close()
  }
}

/** Opens a ledger's store for one command that reads, and closes it whatever happens. Nothing is made or changed. */
export const withStore = async <A>(common: Common, use: (opened: OpenedStore) => Promise<A>): Promise<A> =>
  closing(await openStore({ ...optionsOf(common), readOnly: true }), use)

/** The same for one that writes. */
export const withStoreToWrite = async <A>(
  common: Common,
  use: (opened: OpenedStore) => Promise<A>,
): Promise<A> => closing(await openStore({ ...optionsOf(common), create: false }), use)

/** A ledger for one command that reads. */
export const withLedger = async <A>(common: Common, use: (ledger: Ledger) => Promise<A>): Promise<A> => {
  const ledger = await openLedger({ ...optionsOf(common), readOnly: true })
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

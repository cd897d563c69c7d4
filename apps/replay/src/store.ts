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

/** Opens a ledger's store that is there for one command, and closes it whatever happens. */
export const withStore = async <A>(common: Common, use: (opened: OpenedStore) => Promise<A>): Promise<A> => {
  const opened = await openStore({ ...optionsOf(common), create: false })
  try {
    return await use(opened)
  } finally {
    await opened.store.close()
  }
}

/** The same for a ledger, which projects nothing. */
export const withLedger = async <A>(common: Common, use: (ledger: Ledger) => Promise<A>): Promise<A> => {
  const ledger = await openLedger({ ...optionsOf(common), project: false, create: false })
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@crawl-ledger/log'
import { openMongo } from '@crawl-ledger/mongodb'
import { mongoTestServer, type TestServer } from '@crawl-ledger/mongodb/test-server'
import { openSqlite } from '@crawl-ledger/sqlite'
import { MongoClient } from 'mongodb'
import { notebook, type Switched, switched } from '../away/away.test-kit.js'
import type { Ledger } from '../index.js'
import { type LedgerParts, ledgerOver } from '../open-ledger.js'
import { SpoolFile } from './spool-file.js'

/** Runs with an empty store, which is gone afterwards. */
export type WithStore = <A>(use: (store: Store) => Promise<A>) => Promise<A>

const partitions = 4

const inSqlite: WithStore = async use => {
  const store = openSqlite(':memory:', { partitions })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

const inMongo = (server: TestServer): WithStore => {
  let count = 0
  return async use => {
    count += 1
    const [url, database] = [await server.url(), `spool-${process.pid}-${count}`]
    const store = await openMongo(url, database, { partitions })
    try {
      return await use(store)
    } finally {
      await store.close()
      const client = new MongoClient(url)
      await client.db(database).dropDatabase()
      await client.close()
    }
  }
}

const server = mongoTestServer()

export const stores: readonly (readonly [string, WithStore])[] = [
  ['SQLite', inSqlite],
  ...(server === undefined ? [] : [['MongoDB', inMongo(server)] as const]),
]

export interface Scene extends Switched {
  /** The store itself, which is always there. */
  readonly base: Store
  /** What all ledgers of the scene told their logger. */
  readonly lines: string[]
  readonly spoolFile: string
  /** A service on this store and this spool. Closing it leaves the store open. */
  open(options?: Partial<LedgerParts>): Ledger
}

/** A store that can be sent away, and the place for a spool. */
export const scene = <A>(withStore: WithStore, use: (scene: Scene) => Promise<A>): Promise<A> =>
  withStore(async base => {
    const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-spool-'))
    const spoolFile = join(folder, 'spool.db')
    const { lines, logger } = notebook()
    const away = switched({ ...base, close: async () => {} })
    const open: Scene['open'] = (options = {}) =>
      ledgerOver(away.store, 'the store', {
        project: false,
        logger,
        patience: { patienceMs: 30, pingMs: 50, callMs: 500 },
        ...options,
        spoolFile: options.spoolFile ?? SpoolFile.open(spoolFile, 'the store'),
      })
    try {
      return await use({ ...away, base, lines, spoolFile, open })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

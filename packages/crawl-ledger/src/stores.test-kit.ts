import type { Store } from '@crawl-ledger/log'
import { openMongo } from '@crawl-ledger/mongodb'
import { mongoTestServer, type TestServer } from '@crawl-ledger/mongodb/test-server'
import { openSqlite } from '@crawl-ledger/sqlite'
import { MongoClient } from 'mongodb'

/** Runs with an empty store, which is gone afterwards. */
export type WithStore = <A>(use: (store: Store) => Promise<A>) => Promise<A>

const inSqlite =
  (partitions: number): WithStore =>
  async use => {
    const store = openSqlite(':memory:', { partitions })
    try {
      return await use(store)
    } finally {
      await store.close()
    }
  }

let databases = 0

const inMongo =
  (server: TestServer, partitions: number): WithStore =>
  async use => {
    databases += 1
    const [url, database] = [await server.url(), `crawl-ledger-${process.pid}-${databases}`]
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

const server = mongoTestServer()

/** The stores that there are to test on, by their names. */
export const storesOf = (partitions: number): readonly (readonly [string, WithStore])[] => [
  ['SQLite', inSqlite(partitions)],
  ...(server === undefined ? [] : [['MongoDB', inMongo(server, partitions)] as const]),
]

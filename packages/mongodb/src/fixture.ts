import { type Log, sealer } from '@crawl-ledger/log'
import type { Fixture, Reopen, Stalled } from '@crawl-ledger/log/conformance'
import { MongoClient } from 'mongodb'
import { type Connection, connect, type Heads } from './connection.js'
import { mongoLog } from './log.js'
import { openMongo } from './open.js'
import type { TestServer } from './test-server.js'

const databaseOf = (ledger: string): string => `crawl-ledger-${ledger}`

/** Opens a ledger of the fixture in another process. */
export const reopen: Reopen = (url, ledger) => openMongo(url, databaseOf(ledger))

/** The same log, whose first insert waits for `gate`. */
const waiting = (
  connection: Connection,
  partitions: number,
  reached: () => void,
  gate: Promise<void>,
): Log => {
  let first = true
  const { events } = connection
  const insertMany: typeof events.insertMany = async (...args) => {
    if (first) {
      first = false
      reached()
      await gate
    }
    return events.insertMany(...args)
  }
  const slow = new Proxy(events, {
    get: (target, key) => {
      if (key === 'insertMany') return insertMany
      const member: unknown = Reflect.get(target, key)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return mongoLog({ ...connection, events: slow }, partitions, sealer())
}

const stall = async (url: string, ledger: string): Promise<Stalled> => {
  const store = await openMongo(url, databaseOf(ledger))
  const connection = connect(url, databaseOf(ledger))
  let resume = (): void => {}
  const gate = new Promise<void>(resolve => {
    resume = resolve
  })
  let reached = (): void => {}
  const reserved = new Promise<void>(resolve => {
    reached = resolve
  })
  const close = async (): Promise<void> => {
    resume()
    await Promise.all([connection.client.close(), store.close()])
  }
  const log = waiting(connection, store.log.partitions, reached, gate)
  return { store: { ...store, log, close }, reserved, resume }
}

/** Changes something in a ledger's database past the store. */
const past = async <A>(
  url: string,
  ledger: string,
  work: (db: ReturnType<MongoClient['db']>) => Promise<A>,
): Promise<A> => {
  const client = new MongoClient(url)
  try {
    return await work(client.db(databaseOf(ledger)))
  } finally {
    await client.close()
  }
}

/** Databases of a test server, one for each ledger. */
export const mongoFixture = (server: TestServer | undefined): Fixture => {
  const url = async (): Promise<string> => {
    if (server === undefined) throw new Error('there is no MongoDB to test with')
    return server.url()
  }
  const heads = (ledger: string, to: number | 'lost'): Promise<unknown> =>
    url().then(at =>
      past(at, ledger, async (db): Promise<unknown> => {
        const collection = db.collection<Heads>('heads')
        if (to === 'lost') return collection.deleteOne({ _id: 'heads' })
        const next = Object.fromEntries(Array.from({ length: 16 }, (_, partition) => [partition, to]))
        return collection.updateOne({ _id: 'heads' }, { $set: { next } }, { upsert: true })
      }),
    )
  return {
    name: 'mongodb',
    open: async (ledger, options = {}) => openMongo(await url(), databaseOf(ledger), options),
    elsewhere: async () => ({ module: import.meta.url, location: await url() }),
    setFormat: async (ledger, format) => {
      await past(await url(), ledger, db =>
        db.collection<{ _id: string }>('ledger').updateOne({ _id: 'ledger' }, { $set: { format } }),
      )
    },
    formatOf: async ledger => {
      const found = await past(await url(), ledger, db =>
        db.collection<{ _id: string; format: number }>('ledger').findOne({ _id: 'ledger' }),
      )
      return found?.format
    },
    remove: async ledger => {
      await past(await url(), ledger, db => db.dropDatabase())
    },
    capabilities: {
      holes: { stall: async ledger => stall(await url(), ledger) },
      sequencer: {
        set: async (ledger, to) => {
          await heads(ledger, to)
        },
      },
      wholeFolds: false,
      refuses: [],
    },
  }
}

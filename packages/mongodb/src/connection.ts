import type { ViewDocument, ViewName } from '@crawl-ledger/domain'
import type { Commit, LedgerRecord } from '@crawl-ledger/log'
import { type Collection, type Db, MongoClient } from 'mongodb'
import { storeError } from './errors.js'

export interface CheckpointDocument {
  readonly _id: string
  readonly projection: string
  readonly partition: number
  readonly position: number
  readonly hash: string
  readonly digest: string
}

export interface Heads {
  readonly _id: 'heads'
  /** The last position that was handed out, by partition. A hint: `_id` in `events` decides. */
  readonly next: { readonly [partition: string]: number }
  readonly at: Date
}

/** The collections, and the one way to use them: every failure is a store's error. */
export interface Connection {
  readonly name: string
  readonly client: MongoClient
  readonly db: Db
  readonly events: Collection<Commit>
  readonly heads: Collection<Heads>
  readonly checkpoints: Collection<CheckpointDocument>
  readonly ledger: Collection<LedgerRecord & { _id: 'ledger' }>
  readonly view: (name: ViewName) => Collection<ViewDocument>
  readonly run: <A>(work: () => Promise<A>) => Promise<A>
  /** Behind a mongos every filter names the partition, so that it goes to one shard. */
  readonly routed: () => boolean
}

export interface ConnectionOptions {
  readonly poolSize?: number
  /** How long a server is looked for, in milliseconds. Default 5,000. */
  readonly serverSelectionMs?: number
}

export const connect = (url: string, database: string, options: ConnectionOptions = {}): Connection => {
  const client = new MongoClient(url, {
    appName: 'crawl-ledger',
    maxPoolSize: options.poolSize ?? 10,
    serverSelectionTimeoutMS: options.serverSelectionMs ?? 5000,
    connectTimeoutMS: options.serverSelectionMs ?? 5000,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
  })
  let sharded = false
  client.on('topologyDescriptionChanged', ({ newDescription }) => {
    sharded = newDescription.type === 'Sharded'
  })
  const db = client.db(database)
  const name = `MongoDB at ${client.options.hosts.map(String).join(',')}, database ${database},`
  return {
    name,
    client,
    db,
    events: db.collection('events'),
    heads: db.collection('heads'),
    checkpoints: db.collection('checkpoints'),
    ledger: db.collection('ledger'),
    view: view => db.collection(view),
    run: async work => {
      try {
        return await work()
      } catch (error) {
        throw storeError(name, error)
      }
    },
    routed: () => sharded,
  }
}

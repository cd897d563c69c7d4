import type { ViewDocument } from '@crawl-ledger/domain'
import type { Checkpoint, Commit, LedgerRecord, ProjectionRecord } from '@crawl-ledger/log'
import { type Collection, type Db, type Document, MongoClient } from 'mongodb'
import { storeError } from './errors.js'
import { Probe } from './probe.js'
import { Renewal } from './renewal.js'

export interface CheckpointDocument extends Checkpoint {
  readonly _id: string
  readonly projection: string
}

export interface ProjectionDocument extends ProjectionRecord {
  readonly _id: string
}

export interface LeaseDocument {
  readonly _id: string
  readonly owner: string
  /** When it was taken, by the server's clock. */
  readonly at: Date
  readonly forMs: number
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
  readonly projections: Collection<ProjectionDocument>
  readonly leases: Collection<LeaseDocument>
  readonly ledger: Collection<LedgerRecord & { _id: 'ledger' }>
  /** A view by the name of its collection: its own, or that of a build beside it. */
  readonly view: (collection: string) => Collection<ViewDocument>
  /** Rejects with a store's error, and when there is no answer within so many milliseconds: by default 30,000. */
  readonly run: <A>(work: () => Promise<A>, withinMs?: number) => Promise<A>
  /** Asks the server for a sign of life, beside the work and whatever waits for a connection there. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
  /** Behind a mongos every filter names the partition, so that it goes to one shard. */
  readonly routed: () => boolean
}

export interface ConnectionOptions {
  readonly poolSize?: number
  /** How long a server is looked for, in milliseconds. Default 5,000. */
  readonly serverSelectionMs?: number
  /** Where the address was given, for errors. Default `STORE`. */
  readonly setting?: string
}

/** More than any answer takes, and no longer than a ledger waits for one. */
const answerMs = 30_000

/** What stands for an object that may be replaced: each use is of the one that there is then. */
const following = <A extends object>(current: () => A): A =>
  new Proxy({} as A, {
    get: (_, name) => {
      const now = current()
      const value: unknown = Reflect.get(now, name, now)
      return typeof value === 'function' ? value.bind(now) : value
    },
  })

export const connect = (url: string, database: string, options: ConnectionOptions = {}): Connection => {
  let sharded = false
  const { serverSelectionMs = 5000 } = options
  const connecting = {
    appName: 'crawl-ledger',
    serverSelectionTimeoutMS: serverSelectionMs,
    connectTimeoutMS: serverSelectionMs,
    waitQueueTimeoutMS: answerMs,
  }
  const renewal = new Renewal(() => {
    const client = new MongoClient(url, {
      ...connecting,
      maxPoolSize: options.poolSize ?? 10,
      writeConcern: { w: 'majority' },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      // The driver looks each name of a list up here, and would find `constructor` in every ordinary object.
      fieldsAsRaw: Object.create(null),
    })
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      sharded = newDescription.type === 'Sharded'
    })
    return client
  })
  const probe = new Probe(url, { ...connecting, socketTimeoutMS: serverSelectionMs })
  const db = following(() => renewal.client.db(database))
  const collection = <D extends Document>(of: string): Collection<D> =>
    following(() => renewal.client.db(database).collection<D>(of))
  const name = `MongoDB at ${renewal.client.options.hosts.map(String).join(',')}, database ${database},`
  const told = async <A>(work: () => Promise<A>): Promise<A> => {
    try {
      return await work()
    } catch (error) {
      throw storeError(name, error, options.setting)
    }
  }
  return {
    name,
    get client() {
      return renewal.client
    },
    db,
    events: collection('events'),
    heads: collection('heads'),
    checkpoints: collection('checkpoints'),
    projections: collection('projections'),
    leases: collection('leases'),
    ledger: collection('ledger'),
    view: of => collection(of),
    run: (work, withinMs = answerMs) => told(() => renewal.ask(work, withinMs)),
    ping: () => told(() => probe.ask(database)),
    close: async () => {
      await Promise.all([renewal.close(), probe.close()])
    },
    routed: () => sharded,
  }
}

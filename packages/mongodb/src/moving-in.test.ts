import assert from 'node:assert/strict'
import { type ViewDocument, viewNames } from '@crawl-ledger/domain'
import { NoLedger, type Store, StoreUnusable } from '@crawl-ledger/log'
import { type Db, type Document, ObjectId } from 'mongodb'
import { suite } from 'uvu'
import { connect } from './connection.js'
import { oldCollections } from './old-collections.js'
import { type MongoOptions, openMongo } from './open.js'
import { mongoTestServer } from './test-server.js'

const server = mongoTestServer()
const moving = suite('mongodb: moving in')
const test = server === undefined ? moving.skip : moving

const befores = viewNames.map(view => `${view}_before`)

/** As the former services wrote them. */
const oldDocuments = (view: string): Document[] =>
  Array.from({ length: 5 }, (_, i) => ({
    _id: new ObjectId(),
    batchId: `${view}-${i}`,
    locationId: 'l',
    createdAt: new Date('2024-05-01'),
    metadata: { $ref: 'x', nested: [{ i }] },
  }))

interface Bench {
  readonly url: string
  readonly database: string
  /** Past the store. */
  readonly db: Db
  readonly old: ReadonlyMap<string, readonly Document[]>
  readonly moved: string[]
  open(options?: MongoOptions): Promise<Store>
}

let databases = 0

/** A database in which the former services have left their documents. */
const withOld = (run: (bench: Bench) => Promise<void>) => async (): Promise<void> => {
  const url = await (server?.url() ?? Promise.reject(new Error('there is no MongoDB to test with')))
  databases += 1
  const database = `crawl-ledger-moving-${process.pid}-${databases}`
  const { db, client } = connect(url, database)
  const old = new Map<string, Document[]>()
  for (const view of viewNames) {
    old.set(view, oldDocuments(view))
    await db.collection(view).insertMany(old.get(view) ?? [])
    await db.collection(view).createIndex({ batchId: 1 }, { unique: true })
  }
  const moved: string[] = []
  const stores: Store[] = []
  const open = async (options: MongoOptions = {}): Promise<Store> => {
    const store = await openMongo(url, database, { ...options, onMovedIn: names => moved.push(...names) })
    stores.push(store)
    return store
  }
  try {
    await run({ url, database, db, old, moved, open })
  } finally {
    await db.dropDatabase()
    await Promise.all([client, ...stores].map(one => one.close()))
  }
}

const all = (db: Db, name: string): Promise<Document[]> =>
  db.collection(name).find().sort({ _id: 1 }).toArray()

/** That every old document is there as it was. */
const areKept = async ({ db, old }: Bench): Promise<void> => {
  for (const [view, documents] of old) assert.deepEqual(await all(db, `${view}_before`), documents, view)
}

const fill = async (store: Store, build: number): Promise<void> => {
  const views = build === 1 ? store.views : await store.builds.open(build)
  const writes = viewNames.map(view => ({
    view,
    document: { _id: `of ${build}`, v: build, position: 1 },
    expected: undefined,
  }))
  assert.equal(await views.save({ projection: `crawl@${build}`, writes, moves: [] }), true)
}

const rebuild = async ({ builds }: Store, build: number): Promise<void> => {
  await builds.seal(build)
  await builds.swap(build)
  await builds.drop(build)
  await builds.drop(build - 1)
}

const listed = async ({ views }: Store, view: (typeof viewNames)[number]): Promise<readonly string[]> =>
  (await views.list(view, { prefix: '', limit: 9 })).map(({ _id }) => _id)

test(
  'what was there is renamed, said to be so, and never touched again, whatever is built and dropped',
  withOld(async bench => {
    const store = await bench.open()
    assert.deepEqual(bench.moved, befores)
    await areKept(bench)
    await fill(store, 1)
    for (const build of [2, 3]) {
      await fill(store, build)
      await rebuild(store, build)
      for (const view of viewNames) assert.deepEqual(await listed(store, view), [`of ${build}`])
    }
    await areKept(bench)
    await (await bench.open()).views.list('media', { prefix: '', limit: 1 })
    assert.deepEqual(bench.moved, befores)
    await areKept(bench)
  }),
)

test(
  'of several who open at once one renames',
  withOld(async bench => {
    await Promise.all([1, 2, 3, 4, 5].map(() => bench.open()))
    assert.deepEqual(bench.moved.toSorted(), befores.toSorted())
    await areKept(bench)
    for (const view of viewNames) assert.deepEqual(await all(bench.db, view), [])
  }),
)

test(
  'where there is no room nothing is changed, and the sentence says what to do',
  withOld(async bench => {
    await bench.db.createCollection('media_before')
    await assert.rejects(bench.open(), (error: unknown) => {
      assert(error instanceof StoreUnusable, String(error))
      assert.match(
        error.message,
        /holds documents in media .* media_before already\. Nothing was changed\. Stop /,
      )
      return true
    })
    for (const [view, documents] of bench.old) assert.deepEqual(await all(bench.db, view), documents)
    assert.deepEqual(await all(bench.db, 'ledger'), [])
    await bench.db.collection('media_before').drop()
    await bench.open()
    await areKept(bench)
  }),
)

test(
  'who only looks for a ledger changes nothing; nor is one made over others’ events',
  withOld(async bench => {
    await assert.rejects(bench.open({ create: false }), NoLedger)
    await bench.db.collection('events').insertOne({ name: 'a concert' })
    await assert.rejects(bench.open(), /collection events that no ledger made/)
    for (const [view, documents] of bench.old) assert.deepEqual(await all(bench.db, view), documents)
  }),
)

test(
  'a collection without documents is the ledger’s, and so is one of its own documents',
  withOld(async ({ db, moved, open }) => {
    for (const view of viewNames) await db.collection(view).deleteMany({})
    const own: ViewDocument = { _id: 'own', v: 1, position: 1 }
    await db.collection<ViewDocument>('media').insertOne(own)
    const store = await open()
    assert.deepEqual(moved, [])
    assert.deepEqual(await store.views.load('media', ['own']), [own])
  }),
)

test(
  'what a former service writes into a view later is set aside when the view is replaced',
  withOld(async bench => {
    const store = await bench.open()
    await fill(store, 1)
    const late = { _id: new ObjectId(), batchId: 'late' }
    for (const build of [2, 3]) {
      await fill(store, build)
      await bench.db.collection('workflows').insertOne(late)
      await Promise.all([store.builds.seal(build), (await bench.open()).builds.seal(build)])
      await Promise.all(
        [store, await bench.open(), await bench.open()].map(({ builds }) => builds.swap(build)),
      )
      for (const view of viewNames) assert.deepEqual(await listed(store, view), [`of ${build}`])
      assert.equal(bench.moved.at(-1), `workflows_before~${build}`)
      assert.equal(bench.moved.length, befores.length + build - 1)
      const kept = await all(bench.db, `workflows_before~${build}`)
      assert(kept.some(({ batchId }) => batchId === 'late'))
    }
    await areKept(bench)
  }),
)

test(
  'the old collections are read where they are now, or where the caller says, without what a ledger wrote',
  withOld(async bench => {
    const read = async (names = {}) => {
      const found: string[] = []
      for await (const { collection, document } of oldCollections(bench.url, bench.database, names))
        found.push(`${collection} ${document._id}`)
      return found
    }
    const expected = ['locations', 'workflows', 'media'].flatMap(view =>
      (bench.old.get(view) ?? []).map(({ _id }) => `${view} ${_id}`),
    )
    assert.deepEqual(await read(), expected)
    await fill(await bench.open(), 1)
    assert.deepEqual(await read(), expected)
    assert.deepEqual(await read({ locations: 'locations', workflows: 'workflows', media: 'media' }), [])
    await bench.db.collection('media_before').rename('elsewhere')
    assert.deepEqual(await read({ media: 'elsewhere' }), expected)
  }),
)

moving.run()

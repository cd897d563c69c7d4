import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ViewDocument, viewNames } from '@crawl-ledger/domain'
import { indexedFields, type ProjectionRecord, type Store, type ViewStore } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { collectionNames } from './collections.js'
import { type Connection, connect } from './connection.js'
import { openMongo } from './open.js'
import { patient } from './swapping.js'
import { mongoTestServer } from './test-server.js'

const server = mongoTestServer()
const builds = suite('mongodb builds')
const test = server === undefined ? builds.skip : builds

let ledgers = 0

interface Bench {
  readonly store: Store
  /** The database past the store. */
  readonly connection: Connection
}

/** A ledger of a test's own. */
const withLedger = (run: (bench: Bench) => Promise<void>) => async (): Promise<void> => {
  const url = await (server?.url() ?? Promise.reject(new Error('there is no MongoDB to test with')))
  ledgers += 1
  const database = `crawl-ledger-builds-${process.pid}-${ledgers}`
  const store = await openMongo(url, database)
  const connection = connect(url, database)
  try {
    await run({ store, connection })
  } finally {
    await connection.db.dropDatabase()
    await Promise.all([store.close(), connection.client.close()])
  }
}

const documentOf = (_id: string, v: number): ViewDocument => ({ _id, v, position: 1 })

const fill = async (views: ViewStore, v: number, id: string): Promise<void> => {
  const writes = viewNames.map(view => ({ view, document: documentOf(id, v), expected: undefined }))
  assert.equal(await views.save({ projection: `crawl@${v}`, writes, moves: [] }), true)
}

/** Build 1 with `old` is read, build 2 with `new` is sealed beside it. */
const sealed = async ({ store }: Bench): Promise<ViewStore> => {
  await fill(store.views, 1, 'old')
  const beside = await store.builds.open(2)
  await fill(beside, 2, 'new')
  await store.builds.seal(2)
  return beside
}

/** The server of the tests lists a name twice where two renamed to it at once; a name is one collection all the same. */
const collectionsOf = async ({ connection }: Bench): Promise<string[]> =>
  [...(await collectionNames(connection.db))]
    .filter(name => viewNames.some(view => name.startsWith(view)))
    .sort()

/** That build 2 is read, and nothing is left of the swap. */
const isSwapped = async (bench: Bench): Promise<void> => {
  for (const name of viewNames)
    assert.deepEqual(await bench.connection.view(name).find().toArray(), [documentOf('new', 2)], name)
}

const marker = { _id: '', v: 2, position: 1 }

test(
  'mongodb: a swap leaves nothing behind, and the index of the views',
  withLedger(async bench => {
    await sealed(bench)
    await bench.store.builds.swap(2)
    await isSwapped(bench)
    assert.deepEqual(await collectionsOf(bench), [...viewNames].sort())
    const indexes = await bench.connection.view('media').indexes()
    assert(indexes.some(({ key, unique }) => 'position' in key && 'v' in key && unique === true))
    for (const view of viewNames) {
      const keys = (await bench.connection.view(view).indexes()).map(({ key }) => Object.keys(key).join())
      for (const field of indexedFields[view]) assert(keys.includes(`${field},_id`), `${view}: ${keys}`)
    }
  }),
)

test(
  'mongodb: a swap that stopped after any of its steps is finished by the next',
  withLedger(async bench => {
    const { db } = bench.connection
    const steps = viewNames.flatMap(view => [
      () => db.collection(`${view}~2`).rename(`${view}~2~sealed`),
      () => db.collection(`${view}~2~sealed`).rename(view, { dropTarget: true }),
    ])
    for (let stopped = 0; stopped <= steps.length; stopped += 1) {
      for (const name of viewNames) await bench.connection.view(name).deleteMany({})
      await sealed(bench)
      for (const step of steps.slice(0, stopped)) await step()
      await Promise.all([bench.store.builds.swap(2), bench.store.builds.swap(2)])
      await isSwapped(bench)
      assert.deepEqual(await collectionsOf(bench), [...viewNames].sort(), `stopped after ${stopped}`)
    }
  }),
)

test(
  'mongodb: a collection that a late builder brings back takes no place, at no step of a swap',
  withLedger(async bench => {
    const { db, view } = bench.connection
    const beside = await sealed(bench)
    await db.collection('workflows~2').rename('workflows~2~sealed')
    await fill(beside, 2, 'late').catch(() => {})
    await view('locations~2').deleteOne({ _id: 'late' })
    await view('media~2').deleteOne({ _id: 'late' })
    await bench.store.builds.swap(2)
    await isSwapped(bench)
    // Brought back after the swap; a late sealer does not take it for a whole one.
    await fill(beside, 2, 'later').catch(() => {})
    await bench.store.builds.seal(2)
    await bench.store.builds.swap(2)
    await isSwapped(bench)
    // A second finisher looked before the first one renamed, and renames what was brought back.
    await db.collection('media~2').rename('media~2~sealed')
    await bench.store.builds.swap(2)
    await isSwapped(bench)
    await bench.store.builds.drop(2)
    assert.deepEqual(await collectionsOf(bench), [...viewNames].sort())
  }),
)

test(
  'mongodb: a build that was sealed and goes on is not lost',
  withLedger(async bench => {
    await sealed(bench)
    const again = await bench.store.builds.open(2)
    await fill(again, 2, 'newer')
    assert.deepEqual(await bench.connection.view('media~2').findOne({ _id: '' }), marker)
    await bench.store.builds.seal(2)
    await bench.store.builds.swap(2)
    const listed = await bench.store.views.list('media', { prefix: '', limit: 9 })
    assert.deepEqual(
      listed.map(({ _id }) => _id),
      ['new', 'newer'],
    )
  }),
)

const swapping: ProjectionRecord = {
  projection: 'crawl',
  revision: 1,
  build: 1,
  version: 1,
  latest: 2,
  next: { build: 2, version: 2, state: 'swapping', startedAt: '2024-05-01T12:00:00.000Z' },
}

const swapped: ProjectionRecord = { projection: 'crawl', revision: 2, build: 2, version: 2, latest: 2 }

test(
  'mongodb: who finds nothing during a swap reads again, until it is there or the swap is over',
  withLedger(async bench => {
    const { views, builds } = bench.store
    assert.equal(await builds.put(swapping), true)
    const reads = [views.load('media', ['new']), views.list('media', { prefix: 'n', limit: 1 })]
    await sleep(100)
    await bench.connection.view('media').insertOne(documentOf('new', 2))
    for (const read of reads) assert.deepEqual(await read, [documentOf('new', 2)])
    const absent = views.load('media', ['absent', 'new'])
    const between = sleep(100).then(() => 'waits' as const)
    assert.equal(await Promise.race([absent, between]), 'waits')
    assert.equal(await builds.put(swapped), true)
    assert.deepEqual(await absent, [documentOf('new', 2)])
    assert.deepEqual(await views.list('media', { prefix: 'x', limit: 1 }), [])
  }),
)

test(
  'mongodb: who finds nothing looks again when a swap began and ended while it was reading',
  withLedger(async bench => {
    const { builds, views } = bench.store
    let reads = 0
    let during = async (): Promise<void> => {}
    const readers = patient(bench.connection, {
      ...views,
      load: async () => {
        reads += 1
        await during()
        return []
      },
    })
    await readers.load('media', ['new'])
    const known = reads
    await readers.load('media', ['new'])
    assert.equal(reads, known + 1)
    during = async () => {
      during = async () => {}
      await builds.put(swapping)
      await builds.put(swapped)
    }
    await readers.load('media', ['new'])
    assert.equal(reads, known + 3)
  }),
)

builds.run()

import assert from 'node:assert/strict'
import { canonical, type Json, type ViewDocument } from '@crawl-ledger/domain'
import { commitId, type Store, sealer } from '@crawl-ledger/log'
import { Binary, Decimal128, type Document, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb'
import { suite } from 'uvu'
import { type Connection, connect } from './connection.js'
import { fromStored, toStored } from './encoding.js'
import { openMongo } from './open.js'
import { mongoTestServer } from './test-server.js'

const server = mongoTestServer()
const encoding = suite('mongodb: encoding')
const test = server === undefined ? encoding.skip : encoding

let ledgers = 0

const withLedger =
  (run: (store: Store, connection: Connection) => Promise<void>) => async (): Promise<void> => {
    const url = await (server?.url() ?? Promise.reject(new Error('there is no MongoDB to test with')))
    ledgers += 1
    const database = `crawl-ledger-encoding-${process.pid}-${ledgers}`
    const store = await openMongo(url, database)
    const connection = connect(url, database)
    try {
      await run(store, connection)
    } finally {
      await connection.db.dropDatabase()
      await Promise.all([store.close(), connection.client.close()])
    }
  }

const time = '2024-05-01T12:00:00.000Z'
const text = (value: unknown): string => canonical(JSON.parse(JSON.stringify(value)) as Json)

const save = async ({ views }: Store, document: ViewDocument): Promise<void> => {
  const writes = [{ view: 'media', document, expected: undefined }] as const
  assert.equal(await views.save({ projection: 'crawl@1', writes, moves: [] }), true)
}

encoding('what has no odd key is not copied, and no two keys become one', () => {
  const plain = { a: { 'b%24': [1, '%24', { c: null }] }, _b: 1 }
  assert.equal(toStored(plain), plain)
  assert.equal(fromStored(plain), plain)
  const keys = ['$a', '%24a', '%2524a', 'a.b', 'a%2Eb', '_bsontype', '%5Fbsontype', '_escaped', '%5Fescaped']
  const odd = Object.fromEntries(keys.map((key, i) => [key, i]))
  const stored = toStored(odd)
  assert.equal(Object.keys(stored).length, keys.length + 1)
  for (const key of Object.keys(stored)) assert.doesNotMatch(key, /^\$|\.|^_bsontype/)
  assert.deepEqual(fromStored(stored), odd)
})

test(
  'times at the top of a view are BSON dates, and all others are texts',
  withLedger(async (store, { view }) => {
    const inner = { createdAt: time }
    const document = { _id: 'l/b/i', v: 1, position: 1, createdAt: time, processedAt: '2024-05-01', inner }
    await save(store, document)
    const stored: Document | null = await view('media').findOne({ _id: 'l/b/i' })
    assert.deepEqual(stored, { ...document, createdAt: new Date(time) })
    assert.deepEqual(await store.views.load('media', ['l/b/i']), [document])
    // As somebody asks for it past the ledger.
    assert.equal(
      await view('media').countDocuments({ createdAt: { $gte: new Date('2024-01-01') } as never }),
      1,
    )
  }),
)

test(
  'a value of another type than the ledger writes is not taken for the one that belongs there',
  withLedger(async (store, { view }) => {
    const document = { _id: 'a', v: 1, position: 1, createdAt: time, list: [{ at: time }], n: 5, none: null }
    await save(store, document)
    const changes: readonly (readonly [string, unknown])[] = [
      ['createdAt', time],
      ['createdAt', new Double(5)],
      ['list.0.at', new Date(time)],
      ['other', new Date(Number.NaN)],
      ['n', Long.fromString('9007199254740993')],
      ['n', Decimal128.fromString('5')],
      ['none', Number.NaN],
      ['none', new ObjectId()],
      ['none', new Binary(Buffer.from('x'))],
      ['none', new Timestamp({ t: 1, i: 1 })],
      ['none', /x/],
    ]
    for (const [path, value] of changes) {
      // Some servers leave a number as it is where an equal one of another type is set.
      for (const to of ['other', value])
        await view('media').updateOne({ _id: 'a' }, { $set: { [path]: to } as never })
      const [found] = await store.views.load('media', ['a'])
      assert.notEqual(text(found), text(document), `${path}: ${value}`)
      // Whoever folds on top of it can write it again.
      const expected = { v: 1, position: 1 }
      const writes = [{ view: 'media', document: found as ViewDocument, expected }] as const
      assert.equal(await store.views.save({ projection: 'crawl@1', writes, moves: [] }), true)
      const right = [{ view: 'media', document, expected }] as const
      assert.equal(await store.views.save({ projection: 'crawl@1', writes: right, moves: [] }), true)
      assert.deepEqual(await store.views.load('media', ['a']), [document])
    }
    // A number is a number, however wide it is stored.
    await view('media').updateOne({ _id: 'a' }, { $set: { n: new Int32(5) } as never })
    assert.deepEqual(await store.views.load('media', ['a']), [document])
  }),
)

test(
  'a commit of 0.1, which escaped no keys, is read as it was hashed; one with another type is not what was sealed',
  withLedger(async ({ log }, { events }) => {
    const data = {
      '%24x': 1,
      'a%2Eb': 2,
      $ref: '#/half',
      inner: { $gt: 1 },
      constructor: [{ a: [{}] }],
      at: time,
    }
    const draft = {
      ...{ partition: 0, stream: 'l/b', version: 1, server: 's', prev: '', after: 0, notBefore: '' },
      messages: [{ id: 'm', handler: 'h', at: time, digest: 'd' }],
      events: [{ type: 'Old', v: 1, at: time, message: 0, data }] as never,
    }
    const { commit } = sealer()(draft, 1, time)
    await events.insertOne(commit)
    const read = async () => (await log.read(new Map([[0, 0]]), 9))[0]
    assert.equal(text(await read()), text(commit))
    await events.updateOne({ _id: commitId(0, 1) }, { $set: { 'events.0.data.at': new Date(time) } as never })
    assert.notEqual(text(await read()), text(commit))
  }),
)

encoding.run()

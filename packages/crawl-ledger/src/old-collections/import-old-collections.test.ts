import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'

import { Binary, Decimal128, Long, MongoClient, ObjectId, UUID } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError } from '../errors.js'
import { withLedger } from '../messages.test-kit.js'
import { importOldCollections } from './import-old-collections.js'

const test = suite('importing from MongoDB')
const locationKey = new ObjectId()
const server = mongoTestServer()

const withOld = async (use: (url: (database: string) => string) => Promise<void>): Promise<void> => {
  const url = new URL((await server?.url()) ?? '')
  const of = (database: string): string => {
    url.pathname = `/${database}`
    return url.href
  }
  const client = new MongoClient(url.href)
  const db = client.db('old-crawls')
  try {
    await db.dropDatabase()
    await db.collection('locations').insertOne({
      _id: locationKey,
      locationId: 'osaka',
      geo: { type: 'Point', coordinates: [135.5, 34.7] },
      metadata: { area: Long.fromNumber(7), cost: Decimal128.fromString('1.5'), none: Number.NaN },
    })
    await db
      .collection('workflows')
      .insertMany([
        { locationId: 'osaka', batchId: 'b1', status: 'completed', startedAt: new Date('2024-05-01') },
        { locationId: 'osaka', batchId: 'b2', status: 'active', key: new Binary(Buffer.from('k')) },
        { batchId: 'nowhere' },
      ])
    await db.collection('media').insertMany([
      { locationId: 'osaka', batchId: 'b1', mediaId: 'm', owner: new ObjectId('662f9c3a5f1b2c0012345678') },
      { _id: new UUID('01234567-89ab-4def-8123-456789abcdef') as never, locationId: 'osaka', batchId: 'b1' },
    ])
    await use(of)
  } finally {
    await db.dropDatabase()
    await client.db('old-crawls-target').dropDatabase()
    await client.close()
  }
}

const refusal = (from: string, store: string): Promise<unknown> =>
  importOldCollections(from, { store }).then(
    () => undefined,
    (error: unknown) => error,
  )

if (server !== undefined) {
  test('documents of the driver become a ledger, once', () =>
    withOld(async url => {
      const store = url('old-crawls-target')
      const first = await importOldCollections(url('old-crawls'), { store })
      assert.equal([first.documents, first.rejected.length, first.unreadable.length], [6, 0, 1])
      assert.match(String(first.unreadable[0]?._id), /^[0-9a-f]{24}$/)
      const again = await importOldCollections(url('old-crawls'), { store })
      assert.equal([again.recorded, again.duplicate], [0, first.recorded])
      await withLedger({ store, project: true }, async ledger => {
        await ledger.caughtUp()
        const { generatedAt: _, ...counters } = (await ledger.analytics('osaka')) ?? {}
        assert.equal(counters, {
          locationId: 'osaka',
          totalMediaItems: 2,
          activeWorkflows: 1,
          completedWorkflows: 1,
          failedWorkflows: 0,
          errorCount: 0,
        })
        assert.equal((await ledger.locations.get('osaka'))?.location, {
          _id: locationKey.toHexString(),
          area: 7,
          cost: 1.5,
          none: 'NaN',
        })
        assert.is((await ledger.workflows.get('osaka/b1'))?.startedAt, '2024-05-01T00:00:00.000Z')
        assert.is((await ledger.workflows.get('osaka/b2'))?.described.key, 'aw==')
        assert.is((await ledger.media.get('osaka/b1/m'))?.item.owner, '662f9c3a5f1b2c0012345678')
        assert.ok(await ledger.media.get('osaka/b1/01234567-89ab-4def-8123-456789abcdef'))
      })
    }))

  test('where the old collections cannot be read, it is their address that is named, and not STORE', () =>
    withOld(async url => {
      const from = new URL(url('old-crawls'))
      // Nobody of this name is there: a server without users cannot even look.
      from.username = from.password = 'nobody'
      const failure = await refusal(from.href, 'memory:')
      assert.match(String((failure as { code?: unknown }).code), /^store-(unavailable|forbidden)$/)
      assert.match(String(failure), /database old-crawls, .* the URL of the old collections/)
      assert.not.match(String(failure), 'STORE')
    }))

  test('the old database and the ledger are two, whatever the server is called', () =>
    withOld(async url => {
      const from = url('old-crawls')
      const same = await refusal(from, `${from}?retryWrites=true`)
      assert.instance(same, ConfigurationError)
      assert.match(String(same), /STORE: it is the database of the old collections; .*Name another database/)
      const other = new URL(from)
      other.hostname = other.hostname === 'localhost' ? '127.0.0.1' : 'localhost'
      const alias = await refusal(from, other.href)
      assert.instance(alias, ConfigurationError)
      assert.match(String(alias), /The URL of the old collections: its database holds a ledger already/)
      assert.instance(await refusal('sqlite:old.db', 'memory:'), ConfigurationError)
    }))
}

test.run()

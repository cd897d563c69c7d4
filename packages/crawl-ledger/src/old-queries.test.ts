import { openMongo } from '@crawl-ledger/mongodb'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { type Db, MongoClient } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batchId, callSites } from './call-sites.test-kit.js'
import { WorkflowDatabase } from './index.js'
import { batchContext, urlOf } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'

const test = suite('queries of the old collections')
const server = mongoTestServer()

/** What services saved, in a database that others query as they did before. */
const queried = async (use: (db: Db) => Promise<void>): Promise<void> => {
  const [url, database] = [(await server?.url()) ?? '', `old-queries-${process.pid}`]
  const ledger = ledgerOver(await openMongo(url, database, { partitions: 4 }), 'the store', { project: true })
  const client = new MongoClient(url)
  try {
    await WorkflowDatabase.use(ledger)
    for (const { call } of callSites()) await call()
    const kyoto = batchContext({ locationId: 'kyoto', batchId: 'done', countryCode: 'JP' })
    await ledger.handlers.handleNewBatch(kyoto, { locationId: 'kyoto' })
    await ledger.handlers.handleItemFound(kyoto, { itemUrl: urlOf('one'), itemType: 'post' })
    await ledger.handlers.logWorkflowComplete(kyoto)
    const paris = batchContext({ locationId: 'paris', batchId: 'broken', countryCode: 'FR' })
    await ledger.handlers.handleError(paris, { error: 'quota' })
    await ledger.caughtUp()
    await use(client.db(database))
  } finally {
    await client.db(database).dropDatabase()
    await client.close()
    await WorkflowDatabase.disconnect()
    await ledger.close()
  }
}

/** The values of a field of all documents that have this one. */
const valuesOf = async (db: Db, collection: string, where: object, field: string) =>
  (await db.collection(collection).find(where).toArray()).map(document => document[field]).sort()

if (server !== undefined)
  test('workflows, locations and media are found by their old keys, as they were', () =>
    queried(async db => {
      assert.equal(await valuesOf(db, 'workflows', { batchId }, 'locationId'), ['osaka'])
      assert.equal(await valuesOf(db, 'workflows', { locationId: 'kyoto' }, 'batchId'), ['done'])
      assert.equal(await valuesOf(db, 'workflows', { status: 'active' }, 'batchId'), [batchId])
      assert.equal(await valuesOf(db, 'workflows', { status: 'completed' }, 'batchId'), ['done'])
      assert.equal(await valuesOf(db, 'workflows', { status: 'failed' }, 'batchId'), ['broken'])
      assert.equal(await valuesOf(db, 'locations', { locationId: 'osaka' }, 'locationName'), ['Osaka'])
      assert.equal(await valuesOf(db, 'locations', { countryCode: 'JP' }, 'locationId'), ['kyoto', 'osaka'])
      const itemId = callSites().find(({ context }) => context.itemUrl === urlOf('one'))?.context.itemId
      assert.equal(await valuesOf(db, 'media', { itemId }, 'itemUrl'), [urlOf('one')])
      assert.equal(await valuesOf(db, 'media', { locationId: 'osaka' }, 'itemUrl'), [
        urlOf('one'),
        urlOf('other'),
      ])
      assert.equal(await valuesOf(db, 'media', { batchId: 'done' }, 'itemType'), ['post'])

      const workflow = await db.collection('workflows').findOne({ batchId })
      assert.equal(
        [workflow?.context.batchId, workflow?.context.metadata.inputQueries],
        [batchId, ['castle']],
      )
      assert.is(workflow?.currentStage, 'analyse-media')
      const location = await db.collection('locations').findOne({ locationId: 'osaka' })
      assert.equal(location?.metadata, { coordinates: { lat: 34.7, lng: 135.5 }, queries: ['castle'] })
      const item = await db.collection('media').findOne({ itemId: itemId ?? '' })
      assert.equal(item?.metadata.analysisResults, { tags: ['castle'] })
      assert.equal([item?.metadata.size, item?.metadata.duration], [100, 7])
      // Dates are dates, so that they compare and sort as they did; the first one stays.
      const first = new Date(callSites()[0]?.context.timestamp ?? '')
      for (const times of [
        [workflow?.createdAt, location?.createdAt],
        [workflow?.updatedAt, location?.updatedAt, item?.createdAt, item?.updatedAt, item?.processedAt],
      ])
        for (const time of times) assert.instance(time, Date)
      assert.equal([workflow?.createdAt, location?.createdAt], [first, first])
      assert.equal(
        await valuesOf(db, 'workflows', { createdAt: { $lte: first }, status: 'active' }, 'batchId'),
        [batchId],
      )
      assert.type(workflow?.context.timestamp, 'string')
    }))

if (server !== undefined)
  test('each old key has an index that two documents may share', () =>
    queried(async db => {
      const keys = {
        workflows: ['batchId', 'locationId', 'status'],
        locations: ['locationId', 'countryCode'],
      }
      for (const [collection, fields] of Object.entries({
        ...keys,
        media: ['itemId', 'locationId', 'batchId'],
      })) {
        const indexes = await db.collection(collection).indexes()
        for (const field of fields) {
          const index = indexes.find(({ key }) => Object.keys(key)[0] === field)
          assert.ok(index !== undefined, `${collection}.${field}`)
          assert.not.ok(index.unique)
        }
      }
    }))

test.run()

import assert from 'node:assert/strict'
import { suite } from 'uvu'
import { connect } from './connection.js'
import { openMongo } from './open.js'
import { mongoTestServer } from './test-server.js'

const server = mongoTestServer()
const indexes = suite('mongodb: indexes')
const test = server === undefined ? indexes.skip : indexes

test('the index of 0.1 over message ids is dropped, also by two who open at once', async () => {
  const url = await (server?.url() ?? Promise.reject(new Error('there is no MongoDB to test with')))
  const database = `crawl-ledger-indexes-${process.pid}`
  const { db, events, ledger, client } = connect(url, database)
  await ledger.insertOne({ _id: 'ledger', format: 1, partitions: 4 })
  await events.createIndex({ partition: 1, stream: 1, version: 1 }, { unique: true })
  await events.createIndex({ partition: 1, 'messages.id': 1 }, { unique: true })
  const stores = await Promise.all([1, 2, 3].map(() => openMongo(url, database, { create: false })))
  const keys = (await events.indexes()).map(({ key }) => Object.keys(key).join())
  assert.deepEqual(keys.sort(), ['_id', 'partition,stream,messages.id', 'partition,stream,version'])
  assert.equal((await ledger.findOne({ _id: 'ledger' }))?.format, 2)
  await db.dropDatabase()
  await Promise.all([client, ...stores].map(one => one.close()))
})

indexes.run()

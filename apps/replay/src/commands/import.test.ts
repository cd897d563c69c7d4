import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { MongoClient } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runHere } from '../in-process.test-kit.js'

const test = suite('crawl-replay import --from-collections')
const server = mongoTestServer()
const database = `crawl-replay-import-${process.pid}`

const ids = { locationId: 'osaka', batchId: 'batch_osaka_1_a' }

/** What the former services kept, and one document of which nothing can be made. */
const workflows = [
  {
    ...ids,
    status: 'active',
    currentStage: 'control',
    createdAt: new Date('2024-05-01T11:59:00Z'),
    updatedAt: new Date('2024-05-01T12:00:00Z'),
    context: {
      ...ids,
      stage: 'control',
      timestamp: '2024-05-01T12:00:00.000Z',
      completedStages: ['find-location'],
      metadata: { inputQueries: ['castle'] },
    },
  },
  { batchId: 'lost' },
]

const withOld = async (use: (url: string) => Promise<void>): Promise<void> => {
  const url = new URL((await server?.url()) ?? '')
  const client = new MongoClient(url.href)
  const db = client.db(database)
  url.pathname = `/${database}`
  try {
    await db.dropDatabase()
    await db.collection('workflows').insertMany(workflows.map(one => ({ ...one })))
    await use(url.href)
  } finally {
    await db.dropDatabase()
    await client.close()
  }
}

if (server !== undefined)
  test('by default it takes what the ledger set aside in its own database, and adds nothing twice', () =>
    withOld(async url => {
      const args = ['import', '--store', url, '--from-collections']
      const first = await runHere(args)
      assert.is(first.code, 1)
      assert.match(first.out, /^not read: workflows "[0-9a-f]{24}": context\.locationId: .* it is missing/)
      assert.match(first.out, '2 documents: 2 messages recorded, 0 were recorded before')
      assert.match(first.out, 'crawl-replay rebuild')
      const again = JSON.parse((await runHere([...args, '--json'])).out)
      assert.equal([again.documents, again.recorded, again.duplicate], [2, 0, 2])
      const elsewhere = JSON.parse((await runHere([...args, url, '--json'])).out)
      assert.is(elsewhere.recorded, 0)
      const { out } = await runHere(['state', ids.locationId, ids.batchId, '--store', url, '--json'])
      const { status, completedStages, createdAt, context } = JSON.parse(out)
      assert.equal(
        [status, completedStages, createdAt, context.metadata],
        ['active', ['find-location'], '2024-05-01T11:59:00.000Z', { inputQueries: ['castle'] }],
      )
    }))

test.run()

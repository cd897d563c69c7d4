import { crawl } from '@crawl-ledger/domain'
import { rebuild } from '@crawl-ledger/projector'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type WorkflowContext, WorkflowDatabase } from '../index.js'
import { withLedger } from '../messages.test-kit.js'
import { openStore } from '../open-store.js'
import { importOldCollections } from './import-old-collections.js'
import { server, withOldDatabase } from './old-database.test-kit.js'

const test = suite('a service moves in where the former one kept its documents')

const ref = { locationId: 'osaka', batchId: 'batch_osaka_1_a' }

/** What the service goes on with: the batch's search is over, and its item is enriched. */
const batch: WorkflowContext = {
  ...ref,
  stage: 'crawl-media',
  timestamp: '2024-05-02T12:00:00.000Z',
  completedStages: ['find-location', 'control', 'crawl-media'],
  metadata: { inputQueries: ['castle'] },
}

const item: WorkflowContext = {
  ...batch,
  itemId: 'item_a',
  itemUrl: 'https://media.test/a',
  itemType: 'video',
  stage: 'enrich-venue',
  timestamp: '2024-05-02T12:01:00.000Z',
  completedStages: [...batch.completedStages, 'prep-media', 'analyse-media', 'enrich-venue'],
}

/** The service with its one import changed: it keeps its `MONGODB_URI`, and calls what it called. */
const serve = async (uri: string): Promise<void> => {
  const before = process.env.MONGODB_URI
  process.env.MONGODB_URI = uri
  try {
    assert.ok(await WorkflowDatabase.connect())
    assert.equal(await WorkflowDatabase.getWorkflow(ref.batchId), null)
    await WorkflowDatabase.saveWorkflow(batch)
    await WorkflowDatabase.saveLocation(batch)
    await WorkflowDatabase.saveWorkflow(item)
    await WorkflowDatabase.saveMediaItem(item)
    assert.is((await WorkflowDatabase.getWorkflow(ref.batchId))?.timestamp, batch.timestamp)
  } finally {
    await WorkflowDatabase.disconnect()
    if (before === undefined) delete process.env.MONGODB_URI
    else process.env.MONGODB_URI = before
  }
}

if (server !== undefined)
  test('every old document is still there, and in the views', () =>
    withOldDatabase(async ({ url, old, all }) => {
      const areKept = async (): Promise<void> => {
        for (const [collection, documents] of old) assert.equal(await all(`${collection}_before`), documents)
      }
      const store = url()
      await serve(store)
      await areKept()
      const done = await importOldCollections(undefined, { store })
      assert.equal([done.documents, done.unreadable.length], [5, 1])
      await areKept()
      for (let build = 0; build < 2; build += 1) {
        const { store: opened } = await openStore({ store, create: false })
        assert.is((await rebuild(opened, crawl, { owner: 'test' })).held, 0)
        await opened.close()
        await areKept()
      }
      assert.is((await importOldCollections(undefined, { store })).recorded, 0)
      await withLedger({ store, project: true }, async ledger => {
        await ledger.caughtUp()
        const found = await ledger.workflows.get(ref)
        assert.equal(
          [found?.status, found?.createdAt, found?.updatedAt],
          ['completed', '2024-05-01T11:59:00.000Z', item.timestamp],
        )
        assert.equal(found?.context.metadata, {
          bytes: 7,
          generatedQueries: ['osaka castle'],
          inputQueries: ['castle'],
        })
        const kept = await ledger.media.get({ ...ref, itemId: 'item_a' })
        assert.equal([kept?.status, kept?.metadata.duration], ['completed', 12])
        const places = (await ledger.workflows.find({ batchId: 'batch_osaka_2_b' })).map(
          ({ locationId }) => locationId,
        )
        assert.equal(places, ['osaka'])
        assert.equal((await ledger.locations.get('osaka'))?.metadata.queries, ['castle', 'tower'])
      })
    }))

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError } from '../errors.js'
import { withLedger } from '../messages.test-kit.js'
import { importOldCollections } from './import-old-collections.js'
import { server, withOldDatabase } from './old-database.test-kit.js'

const test = suite('importing from MongoDB')
const first = { locationId: 'osaka', batchId: 'batch_osaka_1_a' }
const second = { locationId: 'osaka', batchId: 'batch_osaka_2_b' }

const refusal = (from: string | undefined, store: string): Promise<unknown> =>
  importOldCollections(from, { store }).then(
    () => undefined,
    (error: unknown) => error,
  )

if (server !== undefined) {
  test('documents of the driver become a ledger elsewhere, once, and nothing changes where they were', () =>
    withOldDatabase(async ({ url, old, all }) => {
      const store = url(`old-crawls-${process.pid}-target`)
      const done = await importOldCollections(url(), { store })
      assert.equal([done.documents, done.unreadable.map(({ collection }) => collection)], [5, ['media']])
      assert.match(String(done.unreadable[0]?._id), /^[0-9a-f]{24}$/)
      const again = await importOldCollections(url(), { store })
      assert.equal([again.recorded, again.duplicate], [0, done.recorded])
      await withLedger({ store, project: true }, async ledger => {
        await ledger.caughtUp()
        const { generatedAt: _, ...counters } = (await ledger.analytics('osaka')) ?? {}
        assert.equal(counters, {
          locationId: 'osaka',
          totalMediaItems: 2,
          activeWorkflows: 2,
          completedWorkflows: 0,
          failedWorkflows: 0,
          errorCount: 1,
        })
        const location = await ledger.locations.get('osaka')
        assert.equal(
          [location?.locationName, location?.createdAt, location?.metadata],
          [
            'Ōsaka',
            '2024-05-01T11:59:00.000Z',
            { queries: ['castle', 'tower'], coordinates: { lat: 34.7, lng: 135.5 } },
          ],
        )
        assert.is((await ledger.workflows.get(first))?.context.metadata.bytes, 7)
        assert.is((await ledger.workflows.get(second))?.items.failing, 1)
        const item = await ledger.media.get({ ...first, itemId: 'item_a' })
        assert.equal(
          [item?.processedAt, item?.metadata.analysisResults],
          ['2024-05-01T12:01:30.000Z', { cost: 1.5 }],
        )
      })
      for (const [collection, documents] of old) assert.equal(await all(collection), documents)
    }))

  test('where the old collections cannot be read, it is their address that is named, and not STORE', () =>
    withOldDatabase(async ({ url }) => {
      const from = new URL(url())
      // Nobody of this name is there: a server without users cannot even look.
      from.username = from.password = 'nobody'
      const failure = await refusal(from.href, 'memory:')
      assert.match(String((failure as { code?: unknown }).code), /^store-(unavailable|forbidden)$/)
      assert.match(String(failure), /database old-crawls-\d+, .* the URL of the old collections/)
      assert.not.match(String(failure), 'STORE')
    }))

  test('without an address it is the database of the ledger, which must have one', async () => {
    for (const from of ['sqlite:old.db', undefined]) {
      const failure = await refusal(from, 'memory:')
      assert.instance(failure, ConfigurationError)
      assert.match(String(failure), /The URL of the old collections: .*mongodb:/)
    }
  })
}

test.run()

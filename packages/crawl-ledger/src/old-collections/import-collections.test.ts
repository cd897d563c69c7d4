import type { JsonObject } from '@crawl-ledger/domain'
import { StoreUnavailable, Writer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger } from '../ledger.js'
import { ledgerOver } from '../open-ledger.js'
import { type ImportResult, importCollections, importing } from './import-collections.js'
import type { OldCollection, OldDocument } from './old-document.js'

const test = suite('importing old collections')

const minute = (n: number): string => new Date(Date.UTC(2024, 4, 1, 12, n)).toISOString()

/** What a test imports, whose documents are as JSON has them. */
type Old = { readonly [C in OldCollection]?: readonly object[] }

async function* documentsOf(old: Old): AsyncGenerator<OldDocument> {
  for (const collection of ['locations', 'workflows', 'media'] as const)
    for (const document of old[collection] ?? []) yield { collection, document: document as JsonObject }
}

const withImported = async (
  old: Old,
  use: (ledger: Ledger, result: ImportResult, again: () => Promise<ImportResult>) => Promise<void>,
): Promise<void> => {
  const store = openSqlite(':memory:')
  const ledger = ledgerOver(store, 'memory:', { project: true })
  // Each run is a program of its own: its writer knows nothing.
  const run = () =>
    importCollections(documentsOf(old), importing(new Writer(store.log, { server: 'import' })))
  try {
    const result = await run()
    await ledger.caughtUp()
    await use(ledger, result, run)
  } finally {
    await ledger.close()
  }
}

const ref = { locationId: 'osaka', batchId: 'batch_osaka_1_a' }

const batchContext = {
  ...ref,
  locationName: 'Osaka',
  countryCode: 'JP',
  stage: 'crawl-media',
  timestamp: minute(10),
  completedStages: ['find-location', 'control'],
  metadata: {
    inputQueries: ['castle'],
    generatedQueries: ['osaka castle'],
    coordinates: { lat: 34.7, lng: 135.5 },
    seed: 7,
  },
  errors: [{ stage: 'control', error: 'quota', timestamp: minute(5) }],
  query: 'castle',
  host: 'h1',
}

const workflow = {
  _id: '662f9c3a5f1b2c0012345678',
  ...ref,
  status: 'active',
  currentStage: 'crawl-media',
  createdAt: minute(1),
  updatedAt: minute(11),
  context: batchContext,
}

const location = {
  _id: '662f9c3a5f1b2c0012345679',
  locationId: 'osaka',
  locationName: 'Ōsaka',
  countryCode: 'JP',
  createdAt: minute(0),
  updatedAt: minute(11),
  metadata: { queries: ['castle', 'tower'], coordinates: { lat: 34.69, lng: 135.52 } },
}

const media = {
  _id: '662f9c3a5f1b2c001234567a',
  ...ref,
  itemId: 'item_1',
  itemUrl: 'https://media.test/1',
  itemType: 'video',
  processedAt: minute(9),
  metadata: { duration: 12, size: 3400, analysisResults: { mood: 'calm' } },
}

test('a workflow is what its context says, with the times of its document', () =>
  withImported({ workflows: [workflow] }, async (ledger, { unreadable }) => {
    assert.equal(unreadable, [])
    const found = await ledger.workflows.get(ref)
    assert.equal(
      [found?.status, found?.currentStage, found?.completedStages, found?.locationName, found?.countryCode],
      ['active', 'crawl-media', ['find-location', 'control'], 'Osaka', 'JP'],
    )
    assert.equal([found?.createdAt, found?.updatedAt], [minute(1), minute(11)])
    const { query, host, metadata, errors } = (found?.context ?? {}) as unknown as JsonObject
    assert.equal(
      { query, host, metadata, errors },
      {
        query: 'castle',
        host: 'h1',
        metadata: batchContext.metadata,
        errors: batchContext.errors,
      },
    )
    assert.equal((await ledger.locations.get('osaka'))?.metadata.queries, ['castle'])
  }))

test('a workflow that an item saved last keeps what the batch had, and concludes nothing from the item', () => {
  const context = {
    ...batchContext,
    itemId: 'item_1',
    itemUrl: 'https://media.test/1',
    itemType: 'video',
    stage: 'prep-media',
    completedStages: ['find-location', 'control', 'crawl-media', 'prep-media'],
    metadata: { ...batchContext.metadata, mediaInfo: { size: 3 } },
    errors: [{ stage: 'analyse-media', error: 'no answer', timestamp: minute(8) }],
  }
  const status = 'failed'
  return withImported({ workflows: [{ ...workflow, status, context }] }, async ledger => {
    const found = await ledger.workflows.get(ref)
    assert.equal(
      [found?.status, found?.currentStage, found?.items],
      ['active', 'find-location', { found: 1, finished: 0, failing: 1, givenUp: 0 }],
    )
    const { inputQueries, generatedQueries } = batchContext.metadata
    assert.equal(found?.context.metadata, { inputQueries, generatedQueries })
    assert.equal(found?.createdAt, minute(1))
    const item = await ledger.media.get({ ...ref, itemId: 'item_1' })
    assert.equal([item?.completedStages, item?.metadata.seed, item?.metadata.size], [['prep-media'], 7, 3])
    assert.equal(item?.errors, context.errors)
  })
})

test('words of a status tell what nothing else does', () => {
  const of = (batchId: string, more: object) => ({ ...workflow, ...more, batchId, context: undefined })
  const workflows = [
    of('done', { status: 'completed' }),
    of('failed', { status: 'failed' }),
    of('paused', { status: 'paused', host: 'h2' }),
    {
      ...workflow,
      batchId: 'told',
      status: 'failed',
      context: {
        ...batchContext,
        batchId: undefined,
        errors: [{ stage: 'crawl-media', error: 'no answer', timestamp: minute(8) }],
      },
    },
  ]
  return withImported({ workflows: JSON.parse(JSON.stringify(workflows)) }, async ledger => {
    const found = async (batchId: string) => ledger.workflows.get({ locationId: 'osaka', batchId })
    const done = await found('done')
    assert.equal([done?.status, done?.completedAt], ['completed', minute(11)])
    const failed = await found('failed')
    assert.equal(
      [failed?.status, failed?.failure],
      [
        'failed',
        {
          stage: 'crawl-media',
          error: 'The workflow failed; its error was not kept.',
          timestamp: minute(11),
        },
      ],
    )
    const paused = await found('paused')
    assert.equal(
      [paused?.status, paused?.context.metadata],
      ['active', { imported: { status: 'paused', host: 'h2' } }],
    )
    const told = await found('told')
    assert.equal([told?.status, told?.errorCount, told?.failure?.error], ['failed', 1, 'no answer'])
  })
})

test('a location is told of with its queries and its place', () =>
  withImported({ locations: [location], workflows: [workflow] }, async ledger => {
    const found = await ledger.locations.get('osaka')
    assert.equal(
      [found?.locationName, found?.countryCode, found?.createdAt, found?.updatedAt],
      ['Ōsaka', 'JP', minute(0), minute(11)],
    )
    assert.equal(found?.metadata, { queries: ['castle', 'tower'], coordinates: { lat: 34.69, lng: 135.52 } })
    const events = []
    for await (const { event } of ledger.history({ locationId: 'osaka' })) events.push(event.type)
    assert.ok(events.includes('LocationDescribed'))
  }))

test('a media item is what its document says, and no more', () => {
  const { processedAt, ...unprocessed } = media
  const plain = { ...unprocessed, metadata: { size: 1 } }
  return withImported(
    {
      media: [
        media,
        { ...plain, itemId: 'item_2' },
        { ...plain, itemId: 'item_3', processedAt, owner: 'o' },
        { ...plain, itemId: 'item_4', itemUrl: null },
      ],
    },
    async (ledger, { unreadable }) => {
      assert.equal(unreadable, [])
      const found = async (itemId: string) => ledger.media.get({ ...ref, itemId })
      const analysed = await found('item_1')
      assert.equal(analysed?.completedStages, ['prep-media', 'analyse-media'])
      assert.equal(analysed?.metadata, media.metadata)
      assert.equal(
        [analysed?.itemUrl, analysed?.itemType, analysed?.processedAt, analysed?.status],
        [media.itemUrl, 'video', minute(9), 'active'],
      )
      const open = await found('item_2')
      assert.equal([open?.completedStages, open?.processedAt, open?.metadata], [[], undefined, { size: 1 }])
      const saved = await found('item_3')
      assert.equal([saved?.completedStages, saved?.processedAt], [['prep-media'], minute(9)])
      assert.equal(saved?.metadata, { size: 1, imported: { owner: 'o' } })
      assert.equal((await found('item_4'))?.metadata, { size: 1 })
      const { items } = (await ledger.workflows.get(ref)) ?? {}
      assert.equal(items, { found: 4, finished: 0, failing: 0, givenUp: 0 })
    },
  )
})

test('nothing of an odd document is lost', () => {
  const workflows = [{ ...workflow, createdAt: 'yesterday', context: 'none', updatedAt: null }]
  const locations = [
    { locationId: 'osaka', name: 'Osaka', metadata: { queries: 'castle', area: 1 }, owner: 'o' },
  ]
  return withImported(
    { workflows, locations, media: [{ ...media, metadata: 7, processedAt: 'soon' }] },
    async ledger => {
      const found = await ledger.workflows.get(ref)
      assert.equal(found?.context.metadata, { imported: { createdAt: 'yesterday', context: 'none' } })
      const item = await ledger.media.get({ ...ref, itemId: 'item_1' })
      assert.equal(item?.metadata, { imported: { metadata: 7 }, unreadable: { timestamp: 'soon' } })
      const told: JsonObject[] = []
      for await (const { event } of ledger.history({ locationId: 'osaka' }))
        told.push(event.data as JsonObject)
      const metadata = { area: 1, imported: { owner: 'o' }, queries: 'castle' }
      assert.ok(
        told.some(data => JSON.stringify(data.metadata) === JSON.stringify(metadata)),
        JSON.stringify(told),
      )
      assert.is((await ledger.locations.get('osaka'))?.locationName, 'Osaka')
    },
  )
})

test('a document without its workflow or item is listed, and a second run records nothing', () =>
  withImported(
    {
      locations: [location, { _id: 1, locationName: 'Nowhere' }],
      workflows: [
        workflow,
        { ...workflow, batchId: 'failed', context: null, status: 'failed' },
        { _id: 2, batchId: 'b' },
      ],
      media: [media, { ...ref, _id: 3 }],
    },
    async (ledger, first, run) => {
      assert.is(first.documents, 7)
      assert.equal(
        first.unreadable.map(({ collection, _id }) => [collection, _id]),
        [
          ['locations', 1],
          ['workflows', 2],
          ['media', 3],
        ],
      )
      assert.match(first.unreadable[1]?.reason ?? '', /^context.locationId: .* it is missing/)
      const before = await ledger.workflows.get(ref)
      const again = await run()
      assert.equal([again.recorded, again.duplicate, again.unchanged], [0, first.recorded, first.unchanged])
      assert.equal(again.unreadable, first.unreadable)
      await ledger.caughtUp()
      assert.equal(await ledger.workflows.get(ref), before)
    },
  ))

test('a service goes on with a workflow after the import', () =>
  withImported({ locations: [location], workflows: [workflow], media: [media] }, async ledger => {
    const context = {
      ...batchContext,
      timestamp: minute(20),
      metadata: { ...batchContext.metadata, more: 1 },
    }
    const { handleStageComplete } = ledger.handlers
    const { locationName, countryCode, ...rest } = context
    await handleStageComplete({ ...rest, locationName, countryCode }, { results: {} })
    const { itemId, itemUrl } = media
    const item = { ...rest, itemId, itemUrl, completedStages: [], metadata: {}, errors: [] }
    await handleStageComplete(
      { ...item, stage: 'enrich-venue' },
      { results: { enrichmentData: { venue: 'v' } } },
    )
    await ledger.caughtUp()
    const found = await ledger.workflows.get(ref)
    assert.equal([found?.status, found?.progress, found?.completedAt], ['completed', 100, minute(20)])
    assert.equal(found?.context.metadata, context.metadata)
    assert.equal((await ledger.media.get({ ...ref, itemId }))?.metadata, {
      ...media.metadata,
      enrichmentData: { venue: 'v' },
    })
    const { generatedAt: _, ...counters } = (await ledger.analytics('osaka')) ?? {}
    assert.equal(counters, {
      locationId: 'osaka',
      totalMediaItems: 1,
      activeWorkflows: 0,
      completedWorkflows: 1,
      failedWorkflows: 0,
      errorCount: 1,
    })
  }))

test('every commit is marked as imported', async () => {
  const store = openSqlite(':memory:')
  try {
    const old = { locations: [location], workflows: [workflow], media: [media] }
    await importCollections(documentsOf(old), importing(new Writer(store.log, { server: 'import' })))
    const handlers = new Set<string>()
    for (const partition of (await store.log.tails()).keys())
      for (const commit of await store.log.read(new Map([[partition, 0]]), 1000))
        for (const message of commit.messages) handlers.add(message.handler)
    assert.equal([...handlers], ['import'])
  } finally {
    await store.close()
  }
})

test('no more is under way than is bounded, and all is settled when the store goes away', async () => {
  let underWay = 0
  let most = 0
  const many = { media: Array.from({ length: 2000 }, (_, i) => ({ ...media, itemId: `item_${i}` })) }
  const result = await importCollections(documentsOf(many), async () => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise(resolve => setImmediate(resolve))
    underWay -= 1
    return { outcome: 'recorded', position: 1 }
  })
  assert.is(result.recorded, 2000)
  assert.ok(most <= 256 && most > 100, `${most} at once`)
  const away = await importCollections(documentsOf(many), async () => ({ outcome: 'unavailable' })).then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(away, StoreUnavailable)
})

test.run()

import type { JsonObject } from '@crawl-ledger/domain'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batchContext, location, media, minute, ref, withImported, workflow } from './imported.test-kit.js'

const test = suite('what documents of the former system say')

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

test.run()

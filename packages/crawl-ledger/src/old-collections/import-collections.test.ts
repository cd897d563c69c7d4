import type { JsonObject } from '@crawl-ledger/domain'
import { StoreUnavailable, Writer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger } from '../ledger.js'
import { ledgerOver } from '../open-ledger.js'
import { type ImportResult, importCollections, importing } from './import-collections.js'
import { KnownLocations } from './known-locations.js'
import type { OldCollection, OldDocument } from './old-document.js'

const test = suite('importing old collections')

async function* documents(collection: OldCollection, ...all: readonly object[]): AsyncGenerator<OldDocument> {
  for (const document of all) yield { collection, document: document as JsonObject }
}

async function* old(): AsyncGenerator<OldDocument> {
  yield* documents(
    'locations',
    { _id: 'osaka', name: 'Osaka', countryCode: 'JP', geo: { lat: 34.7, lng: 135.5 }, metadata: { area: 1 } },
    { _id: 'lonely', name: 'Nobody crawled here' },
    { _id: 'media-only', name: 'Kyoto' },
    { _id: 'osaka2', locationId: 'osaka' },
    { name: 'Nameless' },
  )
  yield* documents(
    'workflows',
    { _id: 'osaka/done', status: 'completed', completedAt: 1714564800, errors: [{ message: 'x' }] },
    { _id: 'osaka/failed', status: 'failed' },
    {
      _id: '662f9c3a5f1b2c0012345678',
      locationId: 'osaka',
      batchId: 'open',
      status: 'running',
      progress: 40,
    },
    { _id: '662f9c3a5f1b2c0012345679', batchId: 'without location' },
    { _id: 'osaka/old/one' },
  )
  yield* documents(
    'media',
    { _id: 'osaka/done/m1', type: 'photo', stages: { download: { status: 'completed', durationMs: 5 } } },
    { _id: 'x', locationId: 'osaka', batchId: 'open', mediaId: 'm2', stage_download: { error: 'y' } },
    { _id: 'media-only/b/m3' },
    { _id: 'media-only/b/m4', url: 7 },
    { mediaId: 'm5' },
  )
}

const withStore = async (
  use: (run: () => Promise<ImportResult>, ledger: Ledger) => Promise<void>,
): Promise<void> => {
  const store = openSqlite(':memory:')
  const ledger = ledgerOver(store, 'memory:', { project: true })
  // Each run is a program of its own: its writer knows nothing.
  const run = () => importCollections(old(), importing(new Writer(store.log, { server: 'import' })))
  try {
    await use(run, ledger)
  } finally {
    await ledger.close()
  }
}

test('the totals afterwards are those of the old documents', () =>
  withStore(async (run, ledger) => {
    const result = await run()
    assert.equal(result.rejected, [])
    assert.is(result.documents, 15)
    await ledger.caughtUp()
    const { generatedAt: _, ...counters } = (await ledger.analytics('osaka')) ?? {}
    assert.equal(counters, {
      locationId: 'osaka',
      totalMediaItems: 2,
      activeWorkflows: 1,
      completedWorkflows: 1,
      failedWorkflows: 1,
      errorCount: 3,
    })
    const osaka = await ledger.locations.get('osaka')
    assert.equal(osaka?.geo, { latitude: 34.7, longitude: 135.5 })
    assert.equal(osaka?.location, { name: 'Osaka', area: 1 })
    assert.equal((await ledger.locations.get('media-only'))?.location, { name: 'Kyoto' })
    assert.is((await ledger.workflows.get('osaka/open'))?.progress, 40)
    assert.is((await ledger.workflows.get('osaka/done'))?.completedAt, '2024-05-01T12:00:00.000Z')
    assert.is((await ledger.media.get('osaka/open/m2'))?.stages[0]?.status, 'failed')
    assert.equal((await ledger.media.get('media-only/b/m4'))?.item, { old: { url: 7 } })
  }))

test('what cannot be read is listed', () =>
  withStore(async run => {
    const { unreadable } = await run()
    assert.equal(
      unreadable.map(({ collection, _id, reason }) => [collection, _id, reason]),
      [
        ['locations', 'osaka2', 'another document describes the location "osaka" too'],
        ['locations', null, 'locationId is missing, and _id does not hold it'],
        ['workflows', '662f9c3a5f1b2c0012345679', 'locationId is missing, and _id does not hold it'],
        ['workflows', 'osaka/old/one', 'locationId is missing, and _id does not hold it'],
        ['media', null, 'locationId is missing, and _id does not hold it'],
        ['locations', 'lonely', 'a location without workflows'],
      ],
    )
  }))

test('a second run records nothing', () =>
  withStore(async (run, ledger) => {
    const first = await run()
    const again = await run()
    assert.is(again.recorded, 0)
    assert.equal(again.rejected, [])
    assert.is(again.duplicate, first.recorded)
    assert.equal(again.unreadable, first.unreadable)
    for await (const { messageId } of ledger.history('osaka/done')) assert.match(messageId, /^imported-/)
  }))

test('two documents of one thing: what the second one says is in the log, once', async () => {
  async function* twice(): AsyncGenerator<OldDocument> {
    yield* documents(
      'workflows',
      { _id: 1, locationId: 'l', batchId: 'b', status: 'completed', summary: { of: 'first' } },
      { _id: 2, locationId: 'l', batchId: 'b', status: 'completed', summary: { of: 'second' }, host: 'h2' },
    )
    yield* documents(
      'media',
      { _id: 1, locationId: 'l', batchId: 'b', mediaId: 'm', url: 'one', stages: { get: 'done' } },
      {
        _id: 2,
        locationId: 'l',
        batchId: 'b',
        mediaId: 'm',
        url: 'two',
        stages: { get: { completed: true, size: 7 } },
      },
      { _id: 3, locationId: 'l', batchId: 'b', mediaId: 'm', url: 'three', foundAt: 1714564800 },
      // The same name in another workflow or location is another item.
      { _id: 4, locationId: 'l', batchId: 'c', mediaId: 'm', url: 'four' },
      { _id: 5, locationId: 'k', batchId: 'b', mediaId: 'm', url: 'five' },
    )
  }
  const store = openSqlite(':memory:')
  const ledger = ledgerOver(store, 'memory:', { project: true })
  const run = () => importCollections(twice(), importing(new Writer(store.log, { server: 'import' })))
  const said = async () => {
    const events = []
    for (const name of ['l/b', 'l/c', 'k/b'])
      for await (const { event } of ledger.history(name)) events.push(event)
    return events
  }
  try {
    const first = await run()
    assert.equal([first.repeated, first.unreadable, first.rejected], [4, [], []])
    const events = await said()
    const text = JSON.stringify(events)
    for (const value of [
      '"first"',
      '"second"',
      '"h2"',
      '"one"',
      '"two"',
      '"three"',
      '"four"',
      '"five"',
      '"sizeBytes":7',
    ])
      assert.ok(text.includes(value), value)
    const last = events.filter(({ type }) => type === 'WorkflowDescribed').at(-1)
    assert.is(last?.at, '2024-05-01T12:00:00.000Z')
    assert.equal(last?.data, {
      alsoImported: {
        collection: 'media',
        _id: 3,
        type: 'item-found',
        item: { _id: 3, mediaId: 'm', url: 'three' },
      },
    })
    const again = await run()
    assert.equal([again.recorded, again.repeated, again.duplicate], [0, 4, first.recorded])
    assert.is((await said()).length, events.length)
    await ledger.caughtUp()
    assert.is((await ledger.media.get('l/b/m'))?.url, 'one')
    assert.is((await ledger.analytics('l'))?.totalMediaItems, 2)
  } finally {
    await ledger.close()
  }
})

test('every commit is marked as imported', async () => {
  const store = openSqlite(':memory:')
  try {
    await importCollections(old(), importing(new Writer(store.log, { server: 'import' })))
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
  async function* many(): AsyncGenerator<OldDocument> {
    for (let i = 0; i < 2000; i += 1) yield* documents('workflows', { _id: `l/b${i}` })
  }
  const result = await importCollections(many(), async () => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise(resolve => setImmediate(resolve))
    underWay -= 1
    return { outcome: 'recorded', position: 1 }
  })
  assert.is(result.recorded, 2000)
  assert.ok(most <= 256 && most > 100, `${most} at once`)
  const away = await importCollections(many(), async () => ({ outcome: 'unavailable' })).then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(away, StoreUnavailable)
})

test('a location that comes too late, or is one too many, is listed', async () => {
  async function* late(): AsyncGenerator<OldDocument> {
    yield* documents('workflows', { _id: 'l/b' })
    yield* documents('locations', { _id: 'l' })
  }
  const { unreadable } = await importCollections(late(), async () => ({ outcome: 'unchanged' }))
  assert.match(String(unreadable[0]?.reason), /it came after workflows/)
  const locations = new KnownLocations(1)
  assert.is(locations.add({ _id: 'a' }), undefined)
  assert.match(String(locations.add({ _id: 'b' })?.reason), /no more than 1 locations/)
})

test.run()

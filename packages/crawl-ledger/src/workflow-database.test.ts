import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { notebook, until } from './away/away.test-kit.js'
import { batchId, callSites } from './call-sites.test-kit.js'
import { type Ledger, type WorkflowContext, WorkflowDatabase } from './index.js'
import { batchContext, collected, urlOf } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'
import { scene } from './spool/spool.test-kit.js'
import { storesOf } from './stores.test-kit.js'

const test = suite('WorkflowDatabase')
const stores = storesOf(4)
const ref = { locationId: 'osaka', batchId }

/** A service on a store that stays open. */
const using = async <A>(base: Store, project: boolean, use: (ledger: Ledger) => Promise<A>): Promise<A> => {
  const ledger = ledgerOver({ ...base, close: async () => {} }, 'the store', { project })
  try {
    return await use(ledger)
  } finally {
    await WorkflowDatabase.disconnect()
    await ledger.close()
  }
}

const everything = async (): Promise<void> => {
  for (const { call } of callSites()) await call()
}

/** The batch's context after all call sites. */
const asItStands = (): WorkflowContext => {
  const crawled = callSites().find(({ context }) => context.completedStages.length === 3 && !context.itemId)
  if (crawled === undefined) throw new Error('no context of the batch is done')
  return {
    ...crawled.context,
    stage: 'analyse-media',
    // Of the items' stages those that every item has behind it.
    completedStages: [...crawled.context.completedStages, 'prep-media'],
  }
}

/** What the views hold after all call sites, and nothing twice. */
const isWhole = async (base: Store): Promise<void> =>
  using(base, true, async ledger => {
    await ledger.caughtUp()
    await WorkflowDatabase.use(ledger)
    const workflow = await ledger.workflows.get(ref)
    assert.equal(workflow?.context, asItStands())
    assert.equal(await WorkflowDatabase.getWorkflow(batchId), asItStands())
    assert.is(workflow?.status, 'active')
    assert.equal(workflow?.items, { found: 2, finished: 1, failing: 1, givenUp: 0 })
    assert.is(workflow?.errorCount, 1)
    assert.equal(
      workflow?.stages.map(({ stage, completed, failing }) => [stage, completed, failing]),
      [
        ['find-location', 1, 0],
        ['control', 1, 0],
        ['crawl-media', 1, 0],
        ['prep-media', 2, 0],
        ['analyse-media', 1, 1],
        ['enrich-venue', 1, 0],
      ],
    )
    const { generatedAt, ...analytics } = (await WorkflowDatabase.getLocationAnalytics('osaka')) ?? {}
    assert.equal(analytics, {
      locationId: 'osaka',
      totalMediaItems: 2,
      activeWorkflows: 1,
      completedWorkflows: 0,
    })
    assert.not.ok(Number.isNaN(Date.parse(String(generatedAt))))
    assert.is(await WorkflowDatabase.getLocationAnalytics('nowhere'), null)
    const { locationName, countryCode, metadata } = (await ledger.locations.get('osaka')) ?? {}
    assert.equal(
      [locationName, countryCode, metadata],
      ['Osaka', 'JP', { coordinates: { lat: 34.7, lng: 135.5 }, queries: ['castle'] }],
    )
    const items = await ledger.media.find(ref)
    assert.equal(
      items
        .map(({ itemUrl, status, metadata: told }) => [
          itemUrl,
          status,
          told.size,
          told.duration,
          told.enrichmentData,
        ])
        .sort(),
      [
        [urlOf('one'), 'completed', 100, 7, { venue: 'castle' }],
        [urlOf('other'), 'active', 100, 7, undefined],
      ],
    )
  })

test.after.each(() => WorkflowDatabase.disconnect())

for (const [name, withStore] of stores) {
  for (const project of [true, false])
    test(`${name}, ${project ? 'with' : 'without'} a projector: every call is kept, once, and seen at once`, () =>
      withStore(async base => {
        await using(base, project, async ledger => {
          const { logger, lines } = notebook()
          await WorkflowDatabase.use(ledger, logger)
          assert.is(WorkflowDatabase.isConnected, true)
          assert.is((await WorkflowDatabase.healthCheck()).status, 'connected')
          assert.type((await WorkflowDatabase.healthCheck()).latency, 'number')
          assert.is(await WorkflowDatabase.getWorkflow(batchId), null)
          let latest = ''
          for (const { context, call } of callSites()) {
            await call()
            const found = await WorkflowDatabase.getWorkflow(batchId)
            // The batch's, also where an item's was saved.
            assert.is(found?.itemId, undefined)
            if (context.itemId === undefined) latest = context.timestamp
            assert.is(found?.timestamp, latest)
            if (context.itemId === undefined)
              assert.equal(found?.metadata, context.metadata, 'what was saved is read back')
          }
          const before = (await collected(ledger.history(ref))).length
          await everything()
          assert.is((await collected(ledger.history(ref))).length, before)
          assert.equal(await WorkflowDatabase.getWorkflow(batchId), asItStands())
          assert.equal(
            lines.filter(line => !line.includes('projecting')),
            [],
          )
        })
        await isWhole(base)
      }))

  test(`${name}: where the views are behind, what came since is read from the log`, () =>
    withStore(async base => {
      const sites = callSites()
      await using(base, true, async ledger => {
        await WorkflowDatabase.use(ledger)
        for (const { call } of sites.slice(0, 6)) await call()
        await ledger.caughtUp()
      })
      await using(base, false, async ledger => {
        await WorkflowDatabase.use(ledger)
        for (const { call } of sites.slice(6)) await call()
        assert.not.equal((await ledger.workflows.get(ref))?.context, asItStands())
        assert.equal(await WorkflowDatabase.getWorkflow(batchId), asItStands())
      })
      await isWhole(base)
    }))

  test(`${name}: it goes away in the middle and comes back, and nothing is lost`, () =>
    scene(withStore, async set => {
      const ledger = set.open()
      await WorkflowDatabase.use(ledger)
      const sites = callSites()
      for (const { call } of sites.slice(0, 5)) await call()
      set.leave('refuses')
      for (const { call } of sites.slice(5, 9)) await call()
      await until('to be known', () => !WorkflowDatabase.isConnected)
      assert.equal(await WorkflowDatabase.healthCheck(), { status: 'error' })
      assert.is(await WorkflowDatabase.getWorkflow(batchId), null)
      assert.is(await WorkflowDatabase.getLocationAnalytics('osaka'), null)
      assert.not.ok(
        set.lines.some(line => line.includes('not kept')),
        set.lines.join(),
      )
      set.comeBack()
      await until('to be back', () => WorkflowDatabase.isConnected)
      for (const { call } of sites.slice(9)) await call()
      await until('an empty spool', () => ledger.spool?.status().messages === 0)
      assert.equal(await WorkflowDatabase.getWorkflow(batchId), asItStands())
      await ledger.close()
      await isWhole(set.base)
    }))

  test(`${name}: a batch is found by its id alone, from memory, by its form and in the views`, () =>
    withStore(async base => {
      const saved = (locationId: string, id: string) =>
        WorkflowDatabase.saveWorkflow(batchContext({ locationId, batchId: id }))
      const placeOf = async (id: string) => (await WorkflowDatabase.getWorkflow(id))?.locationId
      const [plain, lying] = ['b-7', 'batch_kyoto_1714564800000_x1']
      const formed = 'batch_a_b/c_1714564800000_x2'
      await using(base, false, async ledger => {
        await WorkflowDatabase.use(ledger)
        await saved('osaka', plain)
        await saved('osaka', lying)
        await saved('kyoto', 'batch_kyoto_1714564800000_x0')
        await saved('a_b/c', formed)
        for (const [id, place] of [
          [plain, 'osaka'],
          [lying, 'osaka'],
          [formed, 'a_b/c'],
        ] as const)
          assert.is(await placeOf(id), place)
      })
      // Another process remembers nothing, and the views are behind.
      await using(base, false, async ledger => {
        await WorkflowDatabase.use(ledger)
        assert.is(await placeOf(formed), 'a_b/c')
        assert.is(await placeOf(plain), undefined)
        assert.is(await placeOf(lying), undefined)
        assert.is(await placeOf('batch_nowhere_1_x'), undefined)
      })
      await using(base, true, async ledger => {
        await ledger.caughtUp()
        await WorkflowDatabase.use(ledger)
        assert.is(await placeOf(plain), 'osaka')
        assert.is(await placeOf(lying), 'osaka')
        assert.is(await placeOf(formed), 'a_b/c')
        assert.is(await placeOf('batch_nowhere_1_x'), undefined)
      })
    }))
}

const [, inSqlite] = stores[0] as (typeof stores)[number]

test('what is told of a location alone makes no workflow, and may change back', () =>
  inSqlite(base =>
    using(base, true, async ledger => {
      await WorkflowDatabase.use(ledger)
      const { batchId: _, ...alone } = batchContext({ locationId: 'osaka', countryCode: 'jp' })
      for (const [i, locationName] of ['Osaka', 'Ōsaka', 'Ōsaka', 'Osaka'].entries()) {
        const timestamp = new Date(Date.UTC(2024, 4, 1, 12, i)).toISOString()
        await WorkflowDatabase.saveLocation({ ...alone, locationName, timestamp } as WorkflowContext)
      }
      await ledger.caughtUp()
      const found = await ledger.locations.get('osaka')
      assert.is(found?.locationName, 'Osaka')
      assert.is(found?.countryCode, 'JP')
      assert.is(found?.totalWorkflows, 0)
      assert.equal(await ledger.workflows.list(), [])
      const types = (await collected(ledger.history({ locationId: 'osaka' }))).map(({ event }) => event.type)
      assert.ok(types.includes('LocationDescribed'))
      assert.not.ok(types.includes('WorkflowStarted'))
    }),
  ))

test('a media item without an address or an id is nothing', () =>
  inSqlite(base =>
    using(base, true, async ledger => {
      const { logger, lines } = notebook()
      await WorkflowDatabase.use(ledger, logger)
      for (const item of [{}, { itemId: 'm' }, { itemUrl: urlOf('m') }, { itemId: '', itemUrl: urlOf('m') }])
        await WorkflowDatabase.saveMediaItem(batchContext({ locationId: 'osaka', ...item }))
      await ledger.caughtUp()
      assert.equal(await ledger.workflows.list(), [])
      assert.equal(
        lines.filter(line => line.includes('not kept')),
        [],
      )
    }),
  ))

/** All five calls without a database: nothing is thrown, and nothing is answered. */
const inVain = async (): Promise<void> => {
  await everything()
  assert.is(await WorkflowDatabase.getWorkflow(batchId), null)
  assert.is(await WorkflowDatabase.getLocationAnalytics('osaka'), null)
  assert.is(WorkflowDatabase.isConnected, false)
  assert.equal(await WorkflowDatabase.healthCheck(), { status: 'disconnected' })
}

test('not connected: nothing happens, and it is said once', async () => {
  const { logger, lines } = notebook()
  assert.is(await WorkflowDatabase.connect({ store: 'sqlite:/no/such/folder/x.db', logger }), false)
  await inVain()
  assert.is(lines.length, 2, lines.join())
  assert.match(lines[1] ?? '', /is not connected.*There is no folder/)
})

test('not connected and without a logger: a warning of the process says why', async () => {
  const warnings: string[] = []
  const hear = (warning: Error): unknown => warnings.push(warning.message)
  process.on('warning', hear)
  try {
    assert.is(await WorkflowDatabase.connect({ store: 'sqlite:/no/such/folder/x.db' }), false)
    await inVain()
    await until('the warning', () => warnings.length > 0)
    assert.is(warnings.length, 1, warnings.join())
    assert.match(warnings[0] ?? '', 'There is no folder /no/such/folder')
  } finally {
    process.off('warning', hear)
  }
})

test('a context that is none is refused in the log, and nothing is thrown', async () => {
  const { logger, lines } = notebook()
  assert.ok(await WorkflowDatabase.connect({ store: 'memory:', logger }))
  const odd: readonly unknown[] = [{}, { locationId: 'l' }, { batchId: 'b' }, undefined, null, 7, 'text', []]
  for (const context of odd) {
    await WorkflowDatabase.saveWorkflow(context as WorkflowContext)
    await WorkflowDatabase.saveMediaItem(context as WorkflowContext)
  }
  assert.is(lines.filter(line => line.endsWith('is not kept')).length, odd.length, lines.join())
  for (const id of [undefined, null, 7, {}, '', 'x\n'.repeat(1000)]) {
    assert.is(await WorkflowDatabase.getWorkflow(id as string), null)
    assert.is(await WorkflowDatabase.getLocationAnalytics(id as string), null)
  }
})

test('while the store was never there: the calls go on, and nothing is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'workflow-database-'))
  const store = 'mongodb://127.0.0.1:1/x'
  const { logger, lines } = notebook()
  assert.ok(await WorkflowDatabase.connect({ store, spool: join(folder, 'spool.db'), logger }))
  assert.is(WorkflowDatabase.isConnected, false)
  await everything()
  assert.equal(await WorkflowDatabase.healthCheck(), { status: 'error' })
  assert.is(await WorkflowDatabase.getWorkflow(batchId), null)
  await until('a line', () => lines.some(line => line.includes('wait in the spool')))
  assert.not.ok(
    lines.some(line => line.includes('not kept')),
    lines.join(),
  )
  await WorkflowDatabase.disconnect()
  rmSync(folder, { recursive: true })
})

test.run()

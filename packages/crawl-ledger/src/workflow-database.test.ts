import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { notebook, until } from './away/away.test-kit.js'
import { WorkflowDatabase } from './index.js'
import { collected } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'

const test = suite('WorkflowDatabase')

/** The six places where the former services called it, as they called it. */
const formerCallSites = {
  newBatch: (context: { locationId: string; batchId: string; queries: string[] }) =>
    WorkflowDatabase.saveWorkflow({ ...context, status: 'active', createdAt: new Date() }),
  location: (locationId: string, name: string) =>
    WorkflowDatabase.saveLocation({ locationId, name, country: 'jp', geo: { lat: 34.7, lng: 135.5 } }),
  itemFound: (context: { locationId: string; batchId: string; mediaId: string }) =>
    WorkflowDatabase.saveMediaItem({ ...context, type: 'photo', foundAt: Date.now() }),
  stageComplete: (context: { locationId: string; batchId: string; mediaId: string }) =>
    WorkflowDatabase.saveMediaItem({
      ...context,
      stages: { download: { status: 'completed', durationMs: 5 } },
    }),
  error: (context: { locationId: string; batchId: string }, errors: readonly string[]) =>
    WorkflowDatabase.saveWorkflow({ ...context, status: 'active', progress: 40, errors }),
  complete: (context: { locationId: string; batchId: string }) =>
    WorkflowDatabase.saveWorkflow({ ...context, status: 'completed', progress: 100, summary: { items: 1 } }),
}

const batch = { locationId: 'osaka', batchId: 'b1' }

const everything = async (): Promise<void> => {
  await formerCallSites.location('osaka', 'Osaka')
  await formerCallSites.newBatch({ ...batch, queries: ['park'] })
  await formerCallSites.itemFound({ ...batch, mediaId: 'm1' })
  await formerCallSites.stageComplete({ ...batch, mediaId: 'm1' })
  await formerCallSites.error(batch, ['no answer'])
  await formerCallSites.error(batch, ['no answer', 'no answer'])
  await formerCallSites.complete(batch)
}

test.after.each(() => WorkflowDatabase.disconnect())

test('with a store: each call is kept, and what was known is kept once', async () => {
  const ledger = ledgerOver(openSqlite(':memory:'), 'memory:', { project: true })
  const { logger, lines } = notebook()
  await WorkflowDatabase.use(ledger, logger)
  await everything()
  await everything()
  await ledger.caughtUp()
  const { generatedAt: _, ...analytics } = (await ledger.analytics('osaka')) ?? { generatedAt: '' }
  assert.equal(analytics, {
    locationId: 'osaka',
    totalMediaItems: 1,
    activeWorkflows: 0,
    completedWorkflows: 1,
    failedWorkflows: 0,
    errorCount: 2,
  })
  assert.is((await ledger.workflows.get('osaka/b1'))?.status, 'completed')
  assert.is((await ledger.media.find(batch)).length, 1)
  assert.equal(lines, [])
  const twice = (await collected(ledger.history('osaka/b1'))).length
  await formerCallSites.complete(batch)
  assert.is((await collected(ledger.history('osaka/b1'))).length, twice)
  await ledger.close()
})

test('what is told of a location alone makes no workflow, and may change back', async () => {
  const ledger = ledgerOver(openSqlite(':memory:'), 'memory:', { project: true })
  await WorkflowDatabase.use(ledger)
  for (const name of ['Osaka', 'Ōsaka', 'Ōsaka', 'Osaka']) await formerCallSites.location('osaka', name)
  await ledger.caughtUp()
  const found = await ledger.locations.get('osaka')
  assert.is(found?.location?.name, 'Osaka')
  assert.is(found?.countryCode, 'JP')
  assert.is(found?.activeWorkflows, 0)
  assert.equal(
    (await collected(ledger.history('osaka'))).map(({ event }) => event.type),
    ['LocationDescribed', 'LocationDescribed', 'LocationDescribed'],
  )
  await ledger.close()
})

test('not connected: nothing happens, and it is said once', async () => {
  const { logger, lines } = notebook()
  assert.is(await WorkflowDatabase.connect({ store: 'sqlite:/no/such/folder/x.db', logger }), false)
  await everything()
  assert.is(lines.length, 2, lines.join())
  assert.match(lines[1] ?? '', /is not connected.*There is no folder/)
})

test('not connected and without a logger: a warning of the process says why', async () => {
  const warnings: string[] = []
  const hear = (warning: Error): unknown => warnings.push(warning.message)
  process.on('warning', hear)
  try {
    assert.is(await WorkflowDatabase.connect({ store: 'sqlite:/no/such/folder/x.db' }), false)
    await everything()
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
  for (const odd of [{}, { locationId: 'a/b' }, undefined, null, 7, 'text', []])
    await WorkflowDatabase.saveWorkflow(odd as object)
  assert.is(lines.filter(line => line.endsWith('is not kept')).length, 7, lines.join())
})

test('while the store is away: the calls go on, and nothing is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'workflow-database-'))
  const store = 'mongodb://127.0.0.1:1/x'
  const { logger, lines } = notebook()
  assert.ok(await WorkflowDatabase.connect({ store, spool: join(folder, 'spool.db'), logger }))
  const start = performance.now()
  await everything()
  assert.ok(performance.now() - start < 2000)
  await until('a line', () => lines.some(line => line.includes('wait in the spool')))
  assert.not.ok(
    lines.some(line => line.startsWith('error')),
    lines.join(),
  )
  await WorkflowDatabase.disconnect()
  rmSync(folder, { recursive: true })
})

test.run()

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crawl } from '@crawl-ledger/domain'
import { rebuild } from '@crawl-ledger/projector'
import { openLedger } from 'crawl-ledger'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { archiveText, expected } from './fixture-0.1.test-kit.js'
import { copy, folder, type Place, places } from './fixture-0.1-places.test-kit.js'
import { saysWhatV1Said } from './fixture-0.1-views.test-kit.js'
import { runHere } from './in-process.test-kit.js'

const test = suite('a ledger of 0.1')
const archive = archiveText()

const commandsOf = (url: string) => {
  const run = (...args: readonly string[]) => runHere([...args, '--store', url])
  const right = async (...args: readonly string[]): Promise<string> => {
    const { code, out } = await run(...args)
    assert.is(code, 0, `${args.join(' ')}: ${out}`)
    return out
  }
  return {
    run,
    right,
    json: async (...args: readonly string[]) => JSON.parse(await right(...args, '--json')),
  }
}

const findsNothing = async (url: string): Promise<void> => {
  const { log, views } = await commandsOf(url).json('verify')
  assert.equal([log.findings, views.findings, views.documents > 0], [[], [], true])
}

/** Each command that reads a ledger, in an order in which one needs what another made. */
const runAll = async (url: string, { partitions, formatOf }: Place): Promise<void> => {
  const { run, right, json } = commandsOf(url)
  const before = await run('status', '--json')
  // Opened once, it is ours: 0.1 takes no format above its own, which was 1.
  assert.is(await formatOf(url), 2)
  assert.is((await json('rebuild', '--dry-run')).commits, expected.commits)
  const built = await json('rebuild')
  assert.equal([built.events, built.held], [expected.events.total, 0])
  assert.is(JSON.parse(before.out).build + 1, built.build)
  await findsNothing(url)
  assert.match(await right('status'), 'All is folded.')
  assert.equal(await json('quarantine', 'list'), { held: [] })
  assert.is((await run('quarantine', 'retry', '0:1').catch(error => error)).name, 'NotHeld')
  assert.equal(await json('cancel'), { cancelled: false })
  const { events } = await json('history', 'berlin/b1')
  const failed = events.map((one: { event: object }) => one.event).filter(isFatal)
  assert.equal([failed.length, failed[0].v, failed[0].data.error], [1, 2, 'no space left'])
  assert.is((await json('history', 'berlin')).events.length > events.length, true)
  assert.match(await right('state', 'berlin', 'b1'), '19 found, 0 finished, 2 failing, 0 given up')
  const { changes } = await json('diff', 'berlin', 'b1', '--from', '2026-11-20T08:17:30.500Z')
  const errorCount = changes.find(({ field }: { field: string }) => field === 'errorCount')
  assert.equal(errorCount, { field: 'errorCount', before: 2, after: 6 })
  const file = join(folder, 'exported.jsonl')
  assert.is((await json('export', '--output', file)).commits, expected.commits)
  const exported = readFileSync(file, 'utf8')
  assert.match(exported, /^\{"archive":"crawl-ledger","format":2,/)
  if (partitions === 16)
    assert.ok(same(linesOf(exported), linesOf(archive)), 'the commits are as 0.1 wrote them')
}

/** The commits of an archive, without its header and its digest. */
const linesOf = (text: string): readonly string[] => text.split('\n').slice(1, -2)

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, i) => line === b[i])

const isFatal = ({ type, data }: { readonly type?: string; readonly data?: { readonly fatal?: boolean } }) =>
  type === 'ErrorRecorded' && data?.fatal === true

/** Ids that hold what reads as an escape: by their ids of then, and by their keys. */
const findsOddIds = async (url: string): Promise<void> => {
  const { json } = commandsOf(url)
  for (const [key, location, batch] of [
    ['100%25/b1', '100%25', 'b1'],
    ['a%2Fb/50%', 'a%2Fb', '50%'],
    // What 0.1 called a%2Fb there has the key that a/b has now, and a%2Fb has that of another workflow.
    ['50%/a%2Fb', '50%', 'a/b'],
  ] as const) {
    const { version } = expected.workflows[key] ?? { version: 0 }
    const found = await json('history', location, batch)
    assert.equal([found.events.at(-1).stream, found.events.at(-1).version], [key, version])
    assert.is((await json('state', location, batch)).version, version)
    assert.ok((await json('history', location)).events.length > 0)
  }
  for (const key of ['100%25/b1', 'a%2Fb/50%'])
    assert.is((await json('history', key)).events.at(-1).stream, key)
}

/** The services' messages go on with a workflow of 0.1 to its end. */
const continues = async (url: string): Promise<void> => {
  const ref = { locationId: 'berlin', batchId: 'b1' }
  const ledger = await openLedger({ store: url, project: true })
  const batch = {
    ...ref,
    stage: 'discover',
    timestamp: '2026-12-01T12:00:00.000Z',
    completedStages: [],
    metadata: {},
  }
  const items = (expected.media['berlin/b1'] ?? []).map(({ mediaId }) => mediaId)
  try {
    assert.is(
      (await ledger.handlers.handleStageComplete(batch, { results: { pages: 3 } })).outcome,
      'recorded',
    )
    for (const itemId of items)
      for (const stage of ['download', 'inspect'])
        await ledger.handlers.handleStageComplete(
          { ...batch, itemId, stage },
          { results: { processingTime: 5 } },
        )
    await ledger.caughtUp()
    const found = await ledger.workflows.get(ref)
    assert.equal(
      [found?.status, found?.progress, found?.items, found?.completedAt],
      ['completed', 100, { found: 19, finished: 19, failing: 0, givenUp: 0 }, batch.timestamp],
    )
    assert.equal(
      [found?.completedStages, found?.context.metadata.pages],
      [['discover', 'download', 'inspect'], 3],
    )
    const { activeWorkflows, completedWorkflows } = (await ledger.analytics('berlin')) ?? {}
    assert.equal([activeWorkflows, completedWorkflows], [0, 2])
  } finally {
    await ledger.close()
  }
}

for (const place of places)
  test(`${place.name}: every command runs on it, it says what 0.1 said, and services go on with it`, async () => {
    const url = await place.make()
    try {
      await runAll(url, place)
      await saysWhatV1Said(url)
      await findsOddIds(url)
      await continues(url)
      await findsNothing(url)
    } finally {
      await place.remove(url)
    }
  })

test('tail shows it as it comes', async () => {
  const url = `sqlite:${join(folder, 'growing.db')}`
  const { store } = await openStore({ store: url, partitions: 16 })
  const commits = linesOf(archive).map(line => JSON.parse(line))
  const args = ['tail', '--json', '--type', 'ErrorRecorded', '--store', url]
  let printed = ''
  const tailing = runHere(args, out => {
    printed = out
  })
  // It shows what comes once it has begun, and nothing tells when that is: so there is always a next one.
  for (const commit of commits) {
    if (printed.includes('\n')) break
    await store.log.restore([commit])
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  process.emit('SIGINT')
  assert.is((await tailing).code, 0)
  await store.close()
  const { stream, event } = JSON.parse(printed.split('\n')[0] ?? '')
  assert.equal([event.type, event.v], ['ErrorRecorded', 2])
  const told = expected.workflows[stream]?.errors.map(({ message }) => message)
  assert.ok(told?.includes(event.data.error), `${stream}: ${event.data.error}`)
})

test('cancel ends a rebuild of it', async () => {
  const url = await copy()
  const { store } = await openStore({ store: url })
  const begun = rebuild(store, crawl, { owner: 'test', signal: AbortSignal.abort() })
  await begun.then(
    () => assert.unreachable(),
    error => assert.is(error.code, 'rebuild-stopped'),
  )
  await store.close()
  const { json } = commandsOf(url)
  assert.equal(await json('cancel'), { cancelled: true })
  await json('rebuild')
  await findsNothing(url)
})

test.run()

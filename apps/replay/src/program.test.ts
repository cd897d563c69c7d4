import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { openLedger } from 'crawl-ledger'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('crawl-replay')
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-'))
const store = `sqlite:${join(folder, 'ledger.db')}`
const mixed = `sqlite:${join(folder, 'mixed.db')}`
const newer = `sqlite:${join(folder, 'newer.db')}`
const workflow = 'osaka-1/batch-1'

/** A message of a batch, as a service sends it. */
const message = (type: string, of: { locationId: string; batchId: string }, payload?: object) => ({
  type,
  context: { ...of, stage: 'crawl-media', completedStages: [], metadata: {} },
  payload,
})

const itemFound = (locationId: string, batchId: string, itemId: string) =>
  message('item_found', { locationId, batchId }, { itemId, itemUrl: `https://media.test/${itemId}` })

const run = (...args: readonly string[]) => {
  const env = { ...process.env, STORE: store }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], {
    encoding: 'utf8',
    env,
  })
  return { status, stdout, stderr, json: (): unknown => JSON.parse(stdout) }
}

test.before(async () => {
  const ledger = await openLedger({ store, partitions: 2 })
  const of = { locationId: 'osaka-1', batchId: 'batch-1' }
  await ledger.handle(message('new_batch', of, { locationId: 'osaka-1', queries: ['park'] }))
  await ledger.handle(itemFound('osaka-1', 'batch-1', 'm1'))
  const { context } = message('workflow_complete', of)
  await ledger.handle({
    type: 'workflow_complete',
    context: { ...context, timestamp: '2024-05-01T12:00:00Z' },
  })
  await ledger.caughtUp()
  await ledger.close()
})

/** Commands that run beside a test: one that fails leaves none behind. */
const started: ChildProcess[] = []
test.after(() => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

test('help teaches, and a wrong command line ends with 2', () => {
  const help = run('--help')
  assert.is(help.status, 0)
  for (const command of ['status', 'rebuild', 'verify', 'history', 'state', 'diff', 'tail', 'quarantine'])
    assert.match(help.stdout, command)
  const wrongs = [
    ['nope'],
    ['state'],
    ['tail', '--type', 'Nope'],
    ['rebuild', '--throttle', 'x'],
    ['quarantine', 'show', 'x'],
    ['status', '--store', 'nope'],
    ['import'],
    ['import', 'archive.jsonl', '--from-collections'],
    ['import', '--from-collections'],
  ]
  for (const wrong of wrongs) {
    const { status, stderr } = run(...wrong)
    assert.is(status, 2, wrong.join(' '))
    assert.ok(stderr.length > 0)
    assert.not.match(stderr, /^\s+at /m)
  }
})

test('a store that cannot be used is one sentence and 1', () => {
  const { status, stderr } = run('status', '--store', `sqlite:${join(folder, 'no', 'where.db')}`)
  assert.is(status, 1)
  assert.is(stderr.trim().split('\n').length, 1)
})

test('a file that is not there is not made', () => {
  const file = join(folder, 'mistyped.db')
  const { status, stderr } = run('status', '--store', `sqlite:${file}`)
  assert.is(status, 1)
  assert.match(stderr, 'holds no ledger')
  assert.not.ok(existsSync(file))
})

test('status, verify and rebuild find all well, and rebuild makes the next build', () => {
  const before = run('status', '--json')
  assert.is(before.status, 0)
  assert.is((before.json() as { build: number }).build, 1)
  assert.is(run('rebuild', '--dry-run').status, 0)
  assert.equal((run('rebuild', '--json').json() as { build: number; events: number }).build, 2)
  assert.is((run('status', '--json').json() as { build: number }).build, 2)
  const verified = run('verify', '--json')
  assert.is(verified.status, 0)
  const { views } = verified.json() as { views: { documents: number; findings: readonly unknown[] } }
  assert.equal([views.documents, views.findings], [3, []])
  assert.equal(run('cancel', '--json').json(), { cancelled: false })
})

test('with another AUDIT_KEY than the log was written with no command opens it', () => {
  process.env.AUDIT_KEY = 'another key than it was'
  const { status, stderr } = run('verify')
  delete process.env.AUDIT_KEY
  assert.is(status, 1)
  assert.match(stderr, 'is kept without an AUDIT_KEY, and one is set')
})

test('history, state and diff tell what happened', () => {
  const { events } = run('history', workflow, '--json').json() as { events: readonly { position: number }[] }
  assert.equal([events[0]?.position, events.at(-1)?.position], [1, 3])
  assert.is(
    (run('history', 'osaka-1', '--json').json() as { events: unknown[] }).events.length,
    events.length,
  )
  assert.is((run('state', workflow, '--at', '2', '--json').json() as { status: string }).status, 'active')
  assert.match(run('state', workflow).stdout, 'completed')
  const forth = run('diff', workflow, '--from', '1', '--to', '2', '--json').json() as {
    changes: readonly { field: string; before?: unknown; after?: unknown }[]
  }
  assert.equal(
    forth.changes.find(({ field }) => field === 'items'),
    {
      field: 'items',
      before: { found: 0, finished: 0, failing: 0, givenUp: 0 },
      after: { found: 1, finished: 0, failing: 0, givenUp: 0 },
    },
  )
  const back = run('diff', workflow, '--from', '3', '--to', '1', '--json').json() as typeof forth
  const completedAt = back.changes.find(({ field }) => field === 'completedAt')
  assert.equal(Object.keys(completedAt ?? {}), ['field', 'before'])
  assert.is(run('state', 'osaka-1/other').status, 1)
})

test('the history of a location needs no views, and tells the workflows apart', async () => {
  const bare = `sqlite:${join(folder, 'bare.db')}`
  const ledger = await openLedger({ store: bare, partitions: 1, project: false })
  for (const [locationId, batchId] of [
    ['osaka-1', 'a'],
    ['osaka-10', 'b'],
    ['osaka-1', 'c'],
  ] as const)
    await ledger.handle(itemFound(locationId, batchId, 'm'))
  await ledger.close()
  const { events } = run('history', 'osaka-1', '--store', bare, '--json').json() as {
    events: readonly { stream: string }[]
  }
  assert.equal([...new Set(events.map(({ stream }) => stream))], ['osaka-1/a', 'osaka-1/c'])
  assert.match(run('history', 'osaka-1', '--store', bare).stdout, /osaka-1\/c/)
})

test('a workflow is named by two words, or by one, whatever its ids hold', async () => {
  const odd = `sqlite:${join(folder, 'odd.db')}`
  const ledger = await openLedger({ store: odd, partitions: 4, project: false })
  await ledger.handle(itemFound('a/b', 'c/d', 'm1'))
  const failing = message('error', { locationId: 'a/b', batchId: 'c/d' }, { error: 'no answer' })
  await ledger.handle(failing)
  await ledger.close()
  for (const name of [['a/b', 'c/d'], ['a%2Fb/c%2Fd']]) {
    const of = run('state', ...name, '--json', '--store', odd).json() as { [field: string]: unknown }
    assert.equal([of.locationId, of.batchId, of._id, of.status], ['a/b', 'c/d', 'a%2Fb/c%2Fd', 'failed'])
    assert.equal(
      Object.keys(of).filter(field => field === 'v' || field.startsWith('_')),
      ['_id'],
    )
    const { changes } = run('diff', ...name, '--from', '1', '--json', '--store', odd).json() as {
      changes: readonly { field: string }[]
    }
    assert.ok(changes.some(({ field }) => field === 'failure'))
    assert.is(run('history', ...name, '--store', odd).status, 0)
  }
  const { stdout } = run('state', 'a/b', 'c/d', '--store', odd)
  for (const words of ['1 found, 0 finished, 0 failing, 0 given up', 'crawl-media: no answer', '0 %'])
    assert.match(stdout, words)
  assert.is(run('history', 'a%2Fb', '--store', odd).status, 0)
  const { status, stderr } = run('state', 'a/b/c/d', '--store', odd)
  assert.equal([status, stderr.includes('as two words')], [2, true])
})

test('views of another version are a finding, and what is to be done is said', async () => {
  const { store: opened } = await openStore({ store: mixed, partitions: 1 })
  await opened.builds.put({ projection: 'crawl', revision: 1, build: 1, version: 0, latest: 1 })
  await opened.close()
  const { status, stdout } = run('status', '--store', mixed)
  assert.is(status, 1)
  assert.match(stdout, 'crawl-replay rebuild')
})

test('verify with --json prints one object, also where the views are of another version or it fails', async () => {
  const { status, json } = run('verify', '--json', '--store', mixed)
  const { log, views } = json() as {
    log: { findings: unknown }
    views: { findings: { kind: string; message: string }[] }
  }
  assert.equal([status, log.findings, views.findings.map(({ kind }) => kind)], [1, [], ['other-version']])
  assert.match(views.findings[0]?.message ?? '', 'crawl-replay rebuild')
  const { stdout } = run('verify', '--store', mixed)
  assert.match(stdout, /^view, other-version: .*crawl-replay rebuild$/m)
  const failed = run('verify', '--json', '--store', `sqlite:${join(folder, 'nowhere.db')}`)
  assert.is(failed.status, 1)
  const { error, ...rest } = failed.json() as { error: string }
  assert.equal(rest, { log: null, views: null })
  assert.match(error, 'holds no ledger')
})

test('a rebuild by an older program than made the views is refused unless it is meant', async () => {
  const { store: opened } = await openStore({ store: newer, partitions: 1 })
  await opened.builds.put({ projection: 'crawl', revision: 1, build: 1, version: 1000, latest: 1 })
  await opened.close()
  for (const option of ['--json', '--dry-run']) {
    const { status, stdout, stderr } = run('rebuild', option, '--store', newer)
    assert.equal([status, stdout], [1, ''])
    assert.match(stderr, /made by its version 1000, .* crawl-replay rebuild --downgrade/)
  }
  assert.is(run('rebuild', '--downgrade', '--dry-run', '--store', newer).status, 0)
  assert.is(run('rebuild', '--downgrade', '--store', newer).status, 0)
  assert.is(run('status', '--store', newer).status, 0)
})

test('tail shows what is appended while it runs, and ends well', async () => {
  const growing = `sqlite:${join(folder, 'growing.db')}`
  const ledger = await openLedger({ store: growing, partitions: 1, project: false })
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', main, 'tail', '--json', '--type', 'ItemFound', '--store', growing],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  started.push(child)
  const ended = once(child, 'close')
  let printed = ''
  child.stdout.on('data', chunk => {
    printed += chunk
  })
  try {
    // It shows what comes once it has begun, and nothing tells when that is.
    for (let i = 0; !printed.includes('\n'); i += 1) {
      await ledger.handle(itemFound('osaka-1', 'a', `m${i}`))
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  } finally {
    await ledger.close()
  }
  child.kill('SIGINT')
  assert.equal(await ended, [0, null])
  const [first] = printed.split('\n')
  assert.is((JSON.parse(first ?? '') as { event: { type: string } }).event.type, 'ItemFound')
})

test('an import that is stopped while it waits for its input leaves nothing behind', async () => {
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  const child = spawn(process.execPath, ['--import', 'tsx', main, 'import', '-'], {
    env: { ...process.env, STORE: store, TMPDIR: temporary },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  started.push(child)
  const ended = once(child, 'close')
  const said = text(child.stderr)
  const kept = (): boolean => readdirSync(temporary).some(name => name.startsWith('crawl-ledger-'))
  while (!kept()) await new Promise(resolve => setTimeout(resolve, 5))
  child.kill('SIGINT')
  const [code] = await ended
  assert.is(code, 1)
  assert.match(await said, 'Stopped')
  assert.not.ok(kept())
})

test('nothing is held back', () => {
  assert.equal(run('quarantine', 'list', '--json').json(), { held: [] })
  assert.is(run('quarantine', 'retry', '0:1').status, 1)
  assert.is(run('quarantine', 'discard', '0:1').status, 2)
})

test.run()

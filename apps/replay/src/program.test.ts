import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('crawl-replay')
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-'))
const store = `sqlite:${join(folder, 'ledger.db')}`
const workflow = 'osaka-1/batch-1'

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
  await ledger.handle({ ...of, type: 'new-batch', queries: ['park'] })
  await ledger.handle({ ...of, type: 'item-found', item: { mediaId: 'm1' } })
  await ledger.handle({ ...of, type: 'workflow-complete' })
  await ledger.caughtUp()
  await ledger.close()
})

test.after(() => rmSync(folder, { recursive: true }))

test('help teaches, and a wrong command line ends with 2', () => {
  const help = run('--help')
  assert.is(help.status, 0)
  for (const command of ['status', 'rebuild', 'verify', 'history', 'state', 'diff', 'tail', 'quarantine'])
    assert.match(help.stdout, command)
  for (const wrong of [['nope'], ['state'], ['rebuild', '--throttle', 'x'], ['quarantine', 'show', 'x']]) {
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

test('history, state and diff tell what happened', () => {
  const { events } = run('history', workflow, '--json').json() as { events: readonly { position: number }[] }
  assert.equal([events[0]?.position, events.at(-1)?.position], [1, 3])
  assert.is(
    (run('history', 'osaka-1', '--json').json() as { events: unknown[] }).events.length,
    events.length,
  )
  assert.is((run('state', workflow, '--at', '2', '--json').json() as { status: string }).status, 'active')
  assert.match(run('state', workflow).stdout, 'completed')
  const { changes } = run('diff', workflow, '--from', '1', '--to', '2', '--json').json() as {
    changes: readonly { field: string; before: string; after: string }[]
  }
  assert.equal(
    changes.find(({ field }) => field === 'mediaItems'),
    { field: 'mediaItems', before: '0', after: '1' },
  )
  assert.is(run('state', 'osaka-1/other').status, 1)
})

test('nothing is held back', () => {
  assert.equal(run('quarantine', 'list', '--json').json(), { held: [] })
  assert.is(run('quarantine', 'retry', '0:1').status, 1)
  assert.is(run('quarantine', 'discard', '0:1').status, 2)
})

test.run()

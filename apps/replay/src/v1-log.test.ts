import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Commit, sealer } from '@crawl-ledger/log'
import { openLedger } from 'crawl-ledger'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('a log that an older version wrote')
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-v1-'))
const store = (name: string): string => `sqlite:${join(folder, `${name}.db`)}`
const [old, copy] = [store('old'), store('copy')]
const workflow = 'osaka-1/batch-1'

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, STORE: old },
  })
  assert.is(status, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

/** As version 1 wrote it: a stage failed without the number of the attempt. */
const lowered = (commit: Commit): Commit => ({
  ...commit,
  events: commit.events.map(event => {
    if (event.type !== 'StageFailed') return event
    const { attempt: _, ...data } = event.data
    return { ...event, v: 1, data }
  }),
})

test.before(async () => {
  const now = store('now')
  const ledger = await openLedger({ store: now, partitions: 1, project: false })
  const of = { locationId: 'osaka-1', batchId: 'batch-1' }
  await ledger.handle({ ...of, type: 'new-batch', queries: ['park'] })
  await ledger.handle({ ...of, type: 'item-found', item: { mediaId: 'm1' } })
  await ledger.handle({
    ...of,
    type: 'error',
    stage: 'download',
    mediaId: 'm1',
    error: { message: 'no answer' },
  })
  await ledger.close()
  const [from, to] = [await openStore({ store: now }), await openStore({ store: old, partitions: 1 })]
  const seal = sealer()
  let prev = ''
  const commits = (await from.store.log.read(new Map([[0, 0]]), 10)).map(commit => {
    const draft = { ...lowered(commit), prev, after: 0, notBefore: '' }
    const sealed = seal(draft, commit.position, commit.at).commit
    prev = sealed.hash
    return sealed
  })
  assert.ok(commits.some(({ events }) => events.some(({ type, v }) => type === 'StageFailed' && v === 1)))
  await to.store.log.restore(commits)
  await Promise.all([from.store.close(), to.store.close()])
})

test.after(() => rmSync(folder, { recursive: true }))

test('every command reads it in the present form', () => {
  run('rebuild')
  assert.is((JSON.parse(run('status', '--json')) as { build: number }).build, 2)
  const { log, views } = JSON.parse(run('verify', '--json'))
  assert.equal([log.findings, views.findings, views.documents > 0], [[], [], true])
  const { events } = JSON.parse(run('history', workflow, '--json'))
  const failed = events
    .map((one: { event: { type: string } }) => one.event)
    .find((event: { type: string }) => event.type === 'StageFailed')
  assert.equal([failed.v, failed.data.attempt], [2, 1])
  assert.match(run('state', workflow), 'active')
  run('diff', workflow, '--from', '1')
  run('quarantine', 'list')
})

test('export and import leave it as it was written', () => {
  const archive = run('export')
  assert.match(archive, '"type":"StageFailed","v":1')
  run('export', '--output', join(folder, 'archive.gz'))
  run('import', join(folder, 'archive.gz'), '--store', copy)
  assert.is(run('export', '--store', copy), archive)
})

test.run()

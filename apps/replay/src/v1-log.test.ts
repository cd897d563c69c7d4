import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crawl } from '@crawl-ledger/domain'
import { type Commit, sealer } from '@crawl-ledger/log'
import { rebuild } from '@crawl-ledger/projector'
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

/** The commits of one batch after another, as version 1 wrote them. */
let oldCommits: (batch: number) => readonly Commit[]

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
  const { store: from } = await openStore({ store: now })
  const written = (await from.log.read(new Map([[0, 0]]), 10)).map(lowered)
  await from.close()
  const isOld = ({ type, v }: Commit['events'][number]): boolean => type === 'StageFailed' && v === 1
  assert.ok(written.some(({ events }) => events.some(isOld)))
  const seal = sealer()
  oldCommits = batch => {
    let prev = ''
    return written.map(commit => {
      const stream = `osaka-1/batch-${batch}` as const
      const messages = commit.messages.map(message => ({ ...message, id: `${batch}:${message.id}` }))
      const draft = { ...commit, stream, messages, prev, after: 0, notBefore: '' }
      const sealed = seal(draft, (batch - 1) * written.length + commit.position, commit.at).commit
      prev = sealed.hash
      return sealed
    })
  }
  const { store: to } = await openStore({ store: old, partitions: 1 })
  await to.log.restore(oldCommits(1))
  await to.close()
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

test('tail shows it as it comes', async () => {
  const { store: opened } = await openStore({ store: store('growing'), partitions: 1 })
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', main, 'tail', '--json', '--type', 'StageFailed', '--store', store('growing')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'close')
  let printed = ''
  child.stdout.on('data', chunk => {
    printed += chunk
  })
  // It shows what comes once it has begun, and nothing tells when that is: so there is always a next batch.
  for (let batch = 1; !printed.includes('\n'); batch += 1) {
    await opened.log.restore(oldCommits(batch))
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  child.kill('SIGINT')
  assert.equal(await ended, [0, null])
  await opened.close()
  const { event } = JSON.parse(printed.split('\n')[0] ?? '')
  assert.equal([event.type, event.v, event.data.attempt], ['StageFailed', 2, 1])
})

test('cancel ends a rebuild of it', async () => {
  const { store: opened } = await openStore({ store: old })
  const begun = rebuild(opened, crawl, { owner: 'test', signal: AbortSignal.abort() })
  await begun.then(
    () => assert.unreachable(),
    error => assert.is(error.code, 'rebuild-stopped'),
  )
  await opened.close()
  assert.equal(JSON.parse(run('cancel', '--json')), { cancelled: true })
  assert.is(JSON.parse(run('status', '--json')).next, undefined)
  run('verify')
})

test('export and import leave it as it was written', () => {
  const archive = run('export')
  assert.match(archive, '"type":"StageFailed","v":1')
  run('export', '--output', join(folder, 'archive.gz'))
  run('import', join(folder, 'archive.gz'), '--store', copy)
  assert.is(run('export', '--store', copy), archive)
})

test.run()

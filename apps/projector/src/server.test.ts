import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crawl } from '@crawl-ledger/domain'
import type { Checkpoint, Store } from '@crawl-ledger/log'
import { processLogger } from '@crawl-ledger/process'
import { type ProjectionStatus, projectionStatus, readCheckpoints } from '@crawl-ledger/projector'
import { openStore } from 'crawl-ledger/store'
import { Registry } from 'prom-client'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { healthCheck } from './health.js'
import { prometheusMeter } from './meter.js'
import { metricsText } from './metrics.js'
import { projectorServer } from './server.js'
import { standing } from './standing.js'
import type { WorkerState } from './worker.js'
import { record } from './worker.test-kit.js'

const test = suite('server')
let folder = ''
let url = ''
let store: Store
let count = 0

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'projector-server-'))
})
test.after(() => rm(folder, { recursive: true, force: true }))
test.before.each(async () => {
  url = `sqlite:${join(folder, `${++count}.db`)}`
  store = (await openStore({ store: url, partitions: 2 })).store
})
test.after.each(() => store.close())

const secret = 'mongodb://user:hunter2@host/db'
const away = () => Promise.reject(new Error(`cannot reach ${secret}`))

const serverOf = (
  changes: { store?: Partial<Store>; state?: WorkerState; ask?: () => Promise<ProjectionStatus> } = {},
) => {
  const said: string[] = []
  const logger = processLogger({
    service: 'projector',
    destination: {
      write: line => {
        said.push(line)
      },
    },
  })
  const registry = new Registry()
  const meter = prometheusMeter(registry)
  const used = { ...store, ...changes.store }
  const ask = changes.ask ?? standing(used, { keepMs: 0 })
  const worker = { name: 'w', state: changes.state ?? ('running' as const), partitions: new Set([1, 0]) }
  const app = projectorServer({
    logger,
    health: healthCheck({
      worker,
      store: used,
      storeName: 'here',
      standing: ask,
      timeoutMs: 50,
      onFailure: error => logger.warn({ error: String(error) }, 'the store does not answer'),
    }),
    metrics: metricsText(registry, { standing: ask, partitions: () => worker.partitions }),
  })
  const health = async () => {
    const answer = await app.inject('/health')
    return { code: answer.statusCode, body: answer.json(), text: answer.body }
  }
  return { app, health, meter, said }
}

/** Writes into a checkpoint what an operator would find there. */
const put = async (change: Partial<Checkpoint>): Promise<void> => {
  const found = (await readCheckpoints(store.views, crawl, 2)).get(0)
  assert.ok(found)
  const { build } = await projectionStatus(store, crawl)
  const move = { ...found, ...change, revision: found.revision + 1 }
  assert.ok(await store.views.save({ projection: `${crawl.name}@${build}`, writes: [], moves: [move] }))
}

const held = (id: string, position: number) => ({
  view: 'workflows' as const,
  id,
  position,
  error: 'no',
  attempts: 3,
  since: '2024-05-01T12:00:00.000Z',
})

test('health: all is well', async () => {
  const { code, body } = await serverOf().health()
  assert.is(code, 200)
  assert.type(body.store.latencyMs, 'number')
  assert.equal(body, {
    status: 'ok',
    service: 'projector',
    worker: 'w',
    store: { name: 'here', status: 'ok', latencyMs: body.store.latencyMs },
    projection: 'running',
    partitions: [0, 1],
    lag: { commits: 0, seconds: 0 },
    stopped: [],
    held: 0,
  })
})

test('health: what stands still or is held back is told, and how far behind the views are', async () => {
  await record(url, 1)
  await put({ held: [held('a', 1), held('b', 1)], stopped: held('c', 2) })
  const { code, body } = await serverOf().health()
  assert.is(code, 200)
  assert.is(body.status, 'degraded')
  assert.equal(body.stopped, [{ partition: 0, position: 2 }])
  assert.is(body.held, 2)
  assert.ok(body.lag.commits > 0)
  assert.ok(body.lag.seconds >= 0)
})

test('health: 503 when the store fails or does not answer, and no secret is told', async () => {
  for (const ping of [away, () => new Promise<never>(() => {})]) {
    const { health, said } = serverOf({ store: { ping } })
    const { code, body, text } = await health()
    assert.is(code, 503)
    assert.is(body.status, 'down')
    assert.equal(body.store, { name: 'here', status: 'unavailable', latencyMs: null })
    assert.is(body.lag, null)
    assert.match(said.join(''), 'the store does not answer')
    assert.not.match(text + said.join(''), /hunter2/)
  }
})

for (const [state, code, status] of [
  ['running', 200, 'ok'],
  ['waiting', 200, 'degraded'],
  ['rebuilding', 200, 'degraded'],
  ['starting', 200, 'degraded'],
  ['failed', 503, 'down'],
  ['stopped', 503, 'down'],
] as const)
  test(`health: ${status} while ${state}`, async () => {
    const answer = await serverOf({ state }).health()
    assert.equal([answer.code, answer.body.status, answer.body.projection], [code, status, state])
  })

test('metrics: the lag of each partition, also of those that nobody holds, and what was done', async () => {
  await record(url, 1)
  const { app, meter } = serverOf()
  await put({ held: [held('a', 1)] })
  await meter.timed('read', async () => {})
  meter.batch(3, [])
  meter.batch(2, [{ ...held('a', 1), partition: 0, error: new Error('no') }])
  meter.conflict()
  const answer = await app.inject('/metrics')
  assert.is(answer.statusCode, 200)
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const tails = await store.log.tails()
  for (const line of [
    `crawl_ledger_projection_lag_commits{partition="0"} ${tails.get(0)}`,
    `crawl_ledger_projection_lag_commits{partition="1"} ${tails.get(1)}`,
    'crawl_ledger_projection_held_documents 1',
    'crawl_ledger_projection_stopped_partitions 0',
    'crawl_ledger_projection_workers 0',
    'crawl_ledger_projector_partitions_held 2',
    'crawl_ledger_projector_batches_total 2',
    'crawl_ledger_projector_commits_total 5',
    'crawl_ledger_projector_conflicts_total 1',
    'crawl_ledger_projector_quarantined_total 1',
    'crawl_ledger_projector_stage_seconds_count{stage="read"} 1',
    'crawl_ledger_projector_stage_seconds_count{stage="write"} 0',
    'crawl_ledger_store_up 1',
  ])
    assert.ok(answer.body.split('\n').includes(line), `${line}\n${answer.body}`)
  assert.match(answer.body, /crawl_ledger_projection_lag_seconds\{partition="0"\} [\d.]+\n/)
})

test('metrics: while the store is away there is no old lag, and what was done is still told', async () => {
  let isAway = false
  const { app, meter } = serverOf({ ask: () => (isAway ? away() : projectionStatus(store, crawl)) })
  meter.conflict()
  assert.match((await app.inject('/metrics')).body, /lag_commits\{partition="1"\} 0/)
  isAway = true
  const { body, statusCode } = await app.inject('/metrics')
  assert.is(statusCode, 200)
  assert.match(body, /\ncrawl_ledger_store_up 0\n/)
  assert.not.match(body, /\ncrawl_ledger_projection_\w+[ {]/)
  assert.match(body, /\ncrawl_ledger_projector_conflicts_total 1\n/)
  isAway = false
  assert.match((await app.inject('/metrics')).body, /\ncrawl_ledger_projection_held_documents 0\n/)
})

test('however often it is asked, the store is asked once within a while', async () => {
  let asked = 0
  const tails = () => {
    asked++
    return store.log.tails()
  }
  const ask = standing({ ...store, log: { ...store.log, tails } }, { keepMs: 60_000 })
  await Promise.all([ask(), ask()])
  await ask()
  assert.is(asked, 1)
})

test('a failure is not kept', async () => {
  let isAway = true
  const tails = () => (isAway ? away() : store.log.tails())
  const ask = standing({ ...store, log: { ...store.log, tails } }, { keepMs: 60_000 })
  await ask().then(
    () => assert.unreachable(),
    () => {},
  )
  isAway = false
  assert.is((await ask()).partitions.length, 2)
})

test('another page is told what there is', async () => {
  const { statusCode, body } = await serverOf().app.inject('/?token=hunter2')
  assert.is(statusCode, 404)
  assert.match(body, 'GET /metrics')
  assert.not.match(body, /hunter2/)
})

test.run()

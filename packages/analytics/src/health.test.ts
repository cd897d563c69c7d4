import { processLogger } from '@crawl-ledger/process'
import type { LedgerSpool, SpoolStatus } from 'crawl-ledger'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Away, fakeLedger, never } from './fake-ledger.js'
import { healthCheck } from './health.js'
import { analyticsServer } from './server.js'

const ask = (ledger = fakeLedger()) =>
  analyticsServer({
    ledger,
    token: 'secret-token',
    logger: processLogger({ service: 'analytics', level: 'silent' }),
  }).inject('/health')

test('tells without a token that all is well', async () => {
  const answer = await ask()
  assert.is(answer.statusCode, 200)
  assert.is(answer.headers['cache-control'], 'no-store')
  const { timestamp, uptime, checks, responseTime, ...others } = answer.json()
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  assert.type(uptime, 'number')
  assert.match(responseTime, /^\d+ms$/)
  assert.match(checks.memory, /^\d+MB$/)
  assert.equal(checks, {
    database: 'connected',
    databaseLatency: '1ms',
    serviceBus: 'not used',
    memory: checks.memory,
  })
  assert.equal(others, {
    status: 'ok',
    service: 'analytics',
    uptimeSeconds: 0,
    store: { name: 'mongodb://db.example/ta_crawler', status: 'ok', latencyMs: 1.23 },
  })
})

test('tells that the store is away', async () => {
  const answer = await ask(fakeLedger({ ping: () => Promise.reject(new Away('away')) }))
  assert.is(answer.statusCode, 503)
  const { timestamp: _, uptime: _uptime, checks, responseTime: _time, ...others } = answer.json()
  assert.equal(checks, { database: 'disconnected', serviceBus: 'not used', memory: checks.memory })
  assert.equal(others, {
    status: 'unavailable',
    service: 'analytics',
    uptimeSeconds: 0,
    store: { name: 'mongodb://db.example/ta_crawler', status: 'unavailable', latencyMs: null },
  })
})

test('a store that refuses is an error, and no silence', async () => {
  const answer = await ask(fakeLedger({ ping: () => Promise.reject(new TypeError('no')) }))
  assert.is(answer.json().checks.database, 'error')
})

const spooled = (status: Partial<SpoolStatus> = {}): LedgerSpool => ({
  status: () => ({
    file: 'spool.db',
    state: 'spooling',
    messages: 3,
    max: 10,
    oldestMs: 1500,
    refused: 1,
    ...status,
  }),
  refused: () => [],
  forget: () => 0,
})

test('tells how many messages wait in the spool, and for how long', async () => {
  const ping = () => Promise.reject(new Away('away'))
  const away = await ask(fakeLedger({ ping, spool: spooled() }))
  assert.is(away.statusCode, 503)
  assert.is(away.json().status, 'degraded')
  assert.is(away.json().store.status, 'unavailable')
  assert.equal(away.json().spool, { state: 'spooling', messages: 3, max: 10, oldestSeconds: 1.5, refused: 1 })
  const full = await ask(fakeLedger({ ping, spool: spooled({ messages: 10 }) }))
  assert.equal([full.statusCode, full.json().status], [503, 'unavailable'])
  const back = await ask(fakeLedger({ spool: spooled({ state: 'draining' }) }))
  assert.equal([back.statusCode, back.json().status], [200, 'degraded'])
  const idle = await ask(fakeLedger({ spool: spooled({ state: 'idle', messages: 0, oldestMs: null }) }))
  assert.equal([idle.statusCode, idle.json().status], [200, 'ok'])
  assert.is(idle.json().spool.oldestSeconds, null)
})

test('a store that hangs is away after two seconds', async () => {
  const started = performance.now()
  const answer = await ask(fakeLedger({ ping: never }))
  const took = performance.now() - started
  assert.is(answer.statusCode, 503)
  assert.ok(took > 1900, `took ${took} ms`)
})

test('questions at the same time share one ping, a later one gets its own', async () => {
  let pings = 0
  const ping = () => {
    pings++
    return pings === 1 ? never<number>() : Promise.resolve(1)
  }
  const health = healthCheck(fakeLedger({ ping }), { timeoutMs: 20 })
  const answers = await Promise.all([health(), health(), health()])
  assert.equal(
    answers.map(answer => answer.status),
    ['unavailable', 'unavailable', 'unavailable'],
  )
  assert.is(pings, 1)
  assert.is((await health()).status, 'ok')
})

test('why the store is away is told to the log, not to the caller', async () => {
  const told: unknown[] = []
  const error = new Away('mongodb://u:p@h')
  const ping = () => Promise.reject(error)
  const health = healthCheck(fakeLedger({ ping }), { onFailure: e => told.push(e) })
  assert.not.match(JSON.stringify(await health()), 'u:p')
  assert.equal(told, [error])
})

test.run()

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crawl } from '@crawl-ledger/domain'
import { type Store, StoreUnavailable } from '@crawl-ledger/log'
import { readHolding } from '@crawl-ledger/projector'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { behind, cuttable, makeOutdated, record, until, workerOf } from './worker.test-kit.js'

const test = suite('worker')
let folder = ''
let url = ''
let store: Store
let count = 0

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'worker-'))
})
test.after(() => rm(folder, { recursive: true, force: true }))
test.before.each(async () => {
  url = `sqlite:${join(folder, `${++count}.db`)}`
  store = (await openStore({ store: url, partitions: 8 })).store
})
test.after.each(() => store.close())

const shares = (...workers: readonly { worker: { partitions: ReadonlySet<number> } }[]): string =>
  workers.map(({ worker }) => worker.partitions.size).join(' ')

test('two share the partitions evenly, and what one gives back the other goes on with', async () => {
  const a = workerOf(store, { name: 'a' })
  const b = workerOf(store, { name: 'b' })
  await until(() => shares(a, b) === '4 4')
  await record(url, 1)
  await until(async () => (await behind(url)) === 0)
  await a.worker.stop()
  await a.done
  assert.is(a.worker.state, 'stopped')
  assert.equal((await readHolding(store.leases, crawl.name)).workers, ['b'])
  await until(() => shares(b) === '8')
  await record(url, 2)
  await until(async () => (await behind(url)) === 0)
  await b.worker.stop()
  assert.is(b.times('projecting'), 1)
})

test('the part of one that dies is taken over within two lease times', async () => {
  const leaseMs = 600
  const { store: thin, cut, end } = cuttable(store)
  const a = workerOf(thin, { name: 'a', leaseMs })
  const b = workerOf(store, { name: 'b', leaseMs })
  await until(() => shares(a, b) === '4 4')
  cut()
  await record(url, 1)
  await until(() => shares(a, b) === '0 8', 2 * leaseMs)
  await until(async () => (await behind(url)) === 0)
  end()
  await Promise.all([a.worker.stop(), b.worker.stop()])
})

test('it says once that it waits for the store, and once that it goes on', async () => {
  let isAway = true
  const read: Store['log']['read'] = async (...args) => {
    if (isAway) throw new StoreUnavailable('the store', undefined)
    return store.log.read(...args)
  }
  const one = workerOf({ ...store, log: { ...store.log, read } })
  await until(() => one.worker.state === 'waiting')
  await until(() => one.worker.partitions.size === 8)
  isAway = false
  await until(() => one.worker.state === 'running')
  await one.worker.stop()
  assert.is(one.times('projecting waits for the store'), 1)
})

test('views of an older version: it ends and names the command', async () => {
  await makeOutdated(store)
  const { worker, done } = workerOf(store)
  await done.then(
    () => assert.unreachable(),
    error => assert.match(error.message, /crawl-replay rebuild/),
  )
  assert.is(worker.state, 'failed')
  assert.equal((await readHolding(store.leases, crawl.name)).workers, [])
})

test('views of an older version: where it may it builds them anew and goes on', async () => {
  await record(url, 1)
  await makeOutdated(store)
  const { worker, times } = workerOf(store, { rebuild: 'auto' })
  await until(() => worker.state === 'running' && worker.partitions.size === 8)
  assert.is(await behind(url), 0)
  assert.is((await store.builds.record(crawl.name))?.version, crawl.version)
  await record(url, 2)
  await until(async () => (await behind(url)) === 0)
  await worker.stop()
  assert.is(times('the views are new'), 1)
})

test('where another process rebuilds it waits, holds no partition, and stops when it is told to', async () => {
  await makeOutdated(store)
  await store.leases.take('somebody', [`${crawl.name}/rebuild`], 60_000)
  const { worker, times } = workerOf(store, { rebuild: 'auto' })
  await until(() => times('the rebuild waits') === 1)
  assert.is(worker.state, 'rebuilding')
  assert.is(worker.partitions.size, 0)
  await worker.stop()
  assert.is(worker.state, 'stopped')
})

test('views of a newer version: it ends', async () => {
  const old = { projection: crawl.name, revision: 1, build: 1, latest: 1, version: crawl.version + 1 }
  await store.builds.put(old)
  const { done } = workerOf(store)
  await done.then(
    () => assert.unreachable(),
    error => assert.is(error.name, 'ProjectionOutdated'),
  )
})

test.run()

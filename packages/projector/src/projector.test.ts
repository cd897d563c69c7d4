import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import { openSqlite } from '@crawl-ledger/sqlite'
import { NEVER, Subject } from 'rxjs'
import { suite } from 'uvu'
import { withClock } from './clock.test-kit.js'
import { Projector } from './projector.js'
import {
  altered,
  assertFolded,
  caughtUp,
  commitsWritten,
  gate,
  until,
  viewsOf,
  write,
} from './projector.test-kit.js'

const test = suite('projector')
const quiet = { projection: crawl, signal: NEVER }
const open = () => openSqlite(':memory:', { partitions: 2 })

for (const [batch, keep] of [
  [1, 0],
  [5, 2],
  [1000, 3000],
] as const)
  test(`the views are a pure fold of the log: batches of ${batch}, ${keep} documents kept`, async () => {
    const store = open()
    await write(store)
    const projector = new Projector(store, { ...quiet, batch, keep })
    await caughtUp(store)
    await write(store, 2)
    await caughtUp(store)
    await projector.stop()
    await assertFolded(store)
    assert.deepEqual(projector.now, { state: 'stopped' })
  })

test('two projectors at once give what one gives', async () => {
  const store = open()
  let refused = 0
  const save: typeof store.views.save = async fold => {
    const saved = await store.views.save(fold)
    if (!saved) refused += 1
    return saved
  }
  const contended = altered(store, { views: { save } })
  await write(store)
  const projectors = [3, 3, 5].map(batch => new Projector(contended, { ...quiet, batch }))
  await write(store, 2)
  await caughtUp(store)
  await Promise.all(projectors.map(projector => projector.stop()))
  await assertFolded(store)
  assert(refused > 0, 'they met')
})

test('a stop finishes the batch in hand and begins no other; who goes on counts nothing twice', async () => {
  const store = open()
  await write(store)
  const [reached, released] = [gate(), gate()]
  let saves = 0
  const save: typeof store.views.save = async fold => {
    saves += 1
    if (saves === 2) {
      reached.open()
      await released.opened
    }
    return store.views.save(fold)
  }
  const first = new Projector(altered(store, { views: { save } }), { ...quiet, batch: 4 })
  await reached.opened
  let stopped = false
  const stopping = first.stop().then(() => {
    stopped = true
  })
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(stopped, false)
  released.open()
  await stopping
  assert.equal(saves, 2)
  const checkpoints = await store.views.checkpoints('crawl@1')
  assert.equal(
    checkpoints.reduce((sum, { position }) => sum + position, 0),
    8,
  )
  await assertFolded(store, {
    upTo: ({ partition, position }) =>
      checkpoints.some(c => c.partition === partition && position <= c.position),
  })

  const second = new Projector(store, { ...quiet, batch: 4 })
  await caughtUp(store)
  await second.stop()
  await assertFolded(store)
})

test('what a projector wrote before it died between documents and checkpoint is not counted twice', async () => {
  const store = open()
  await write(store)
  const died = gate()
  const save: typeof store.views.save = async fold => {
    await store.views.save({ ...fold, moves: [] })
    died.open()
    return new Promise<never>(() => {})
  }
  new Projector(altered(store, { views: { save } }), { ...quiet, batch: 10 })
  await died.opened
  assert.deepEqual(await store.views.checkpoints('crawl@1'), [])
  assert.notDeepEqual(await viewsOf(store), [])
  for (const batch of [7, 100]) {
    const projector = new Projector(store, { ...quiet, batch })
    await caughtUp(store)
    await projector.stop()
    await assertFolded(store)
  }
})

test('idle, it folds a commit at the signal and waits for no clock', () =>
  withClock(async ({ tick }) => {
    const store = open()
    const signal = new Subject<void>()
    let looks = 0
    const read: typeof store.log.read = (...args) => {
      looks += 1
      return store.log.read(...args)
    }
    const projector = new Projector(altered(store, { log: { read } }), { projection: crawl, signal })
    for (let idle = 1; idle <= 9; idle += 1) {
      await until(() => looks === idle)
      await new Promise(resolve => setImmediate(resolve))
      tick(1000)
    }
    await until(() => looks === 10)
    await write(store)
    assert.deepEqual(await viewsOf(store), [])
    signal.next()
    await caughtUp(store)
    await assertFolded(store)
    const stopping = projector.stop()
    tick(0)
    await stopping
    assert.equal(signal.observed, false)
  }))

test('a signal during a look that just missed the commit is not lost', () =>
  withClock(async ({ tick }) => {
    const store = open()
    const signal = new Subject<void>()
    const [reached, released] = [gate(), gate()]
    const read: typeof store.log.read = async (...args) => {
      const found = await store.log.read(...args)
      if (found.length === 0) {
        reached.open()
        await released.opened
      }
      return found
    }
    const projector = new Projector(altered(store, { log: { read } }), { projection: crawl, signal })
    await reached.opened
    await write(store, 1, () => signal.next())
    released.open()
    await new Promise(resolve => setImmediate(resolve))
    tick(0)
    await caughtUp(store)
    await assertFolded(store)
    const stopping = projector.stop()
    tick(0)
    await stopping
  }))

test('without a signal it looks by itself', async () => {
  const store = open()
  const projector = new Projector(store, quiet)
  await write(store)
  await caughtUp(store)
  await projector.stop()
  await assertFolded(store)
  const positions = [...(await store.log.tails()).values()].reduce((sum, end) => sum + end, 0)
  assert.equal(positions, commitsWritten)
})

test.run()

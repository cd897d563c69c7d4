import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import { type Log, type Store, StoreUnavailable, sealer, voidCommit } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { filter, firstValueFrom, NEVER } from 'rxjs'
import { suite } from 'uvu'
import { ProjectionOutdated, RebuildNeeded } from './build.js'
import { LogBehindViews } from './checkpoints.js'
import { withClock } from './clock.test-kit.js'
import { Projector, type ProjectorStatus } from './projector.js'
import { altered, assertFolded, caughtUp, until, viewsOf, write } from './projector.test-kit.js'
import { rebuild } from './rebuild/rebuild.js'

const test = suite('projector in trouble')
const quiet = { projection: crawl, signal: NEVER }
const open = () => openSqlite(':memory:', { partitions: 2 })
const away = () => Promise.reject(new StoreUnavailable('The store of the test', undefined))

const reaches = (projector: Projector, state: ProjectorStatus['state']): Promise<ProjectorStatus> =>
  firstValueFrom(projector.status.pipe(filter(status => status.state === state)))

const failure = async (projector: Projector): Promise<Error> => {
  const status = await reaches(projector, 'failed')
  await projector.stop()
  assert.equal(projector.now, status)
  if (status.state !== 'failed') throw new Error(status.state)
  return status.error
}

test('behind a hole nothing is folded; the commit that was under way is not passed over', async () => {
  const store = open()
  await write(store)
  const hole = { partition: 0, position: 3 }
  let hidden = true
  let looks = 0
  const read: Log['read'] = async (...args) => {
    looks += 1
    const found = await store.log.read(...args)
    return found.filter(
      ({ partition, position }) => !(hidden && partition === hole.partition && position === hole.position),
    )
  }
  const fills: unknown[] = []
  const fill: Log['fill'] = async holes => {
    fills.push(holes)
  }
  const projector = new Projector(altered(store, { log: { read, fill } }), { ...quiet, graceMs: 60_000 })
  const before = ({ partition, position }: typeof hole): boolean =>
    partition !== hole.partition || position < hole.position
  await until(() => looks > 3)
  await assertFolded(store, { upTo: before })
  hidden = false
  await caughtUp(store)
  await projector.stop()
  await assertFolded(store)
  assert.deepEqual(fills, [])
})

test('a hole whose writer died is filled after the grace time, and then what is behind it is folded', async () => {
  const store = open()
  await write(store)
  const end = (await store.log.tails()).get(0) ?? 0
  await store.log.fill([{ partition: 0, position: end + 3 }])
  const projector = new Projector(store, { ...quiet, graceMs: 0 })
  await caughtUp(store)
  await write(store, 2)
  await caughtUp(store)
  await projector.stop()
  const filled = await store.log.read(new Map([[0, end]]), 2)
  assert.deepEqual(
    filled,
    [end + 1, end + 2].map(position => voidCommit(sealer(), 0, position)),
  )
  await assertFolded(store)
})

test('while the store is away it waits, and then all is there', async () => {
  const store = open()
  let isAway = false
  const unless = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => (isAway ? away() : call(...args))
  }
  const { log, views } = store
  const flaky = altered(store, {
    log: { read: unless(log.read), fill: unless(log.fill) },
    views: { checkpoints: unless(views.checkpoints), load: unless(views.load), save: unless(views.save) },
  })
  await write(store)
  const projector = new Projector(flaky, { ...quiet, batch: 5 })
  const states: string[] = []
  projector.status.subscribe(({ state }) => states.push(state))
  await caughtUp(store)
  isAway = true
  await write(store, 2)
  const waiting = await reaches(projector, 'waiting')
  assert(waiting.state === 'waiting' && waiting.error instanceof StoreUnavailable)
  isAway = false
  await caughtUp(store)
  await reaches(projector, 'running')
  await projector.stop()
  await assertFolded(store)
  assert.deepEqual([...new Set(states)], ['running', 'waiting', 'stopped'])
  assert.deepEqual(states.slice(-2), ['running', 'stopped'])
})

test('it can be stopped while the store is away, without waiting for it', () =>
  withClock(async ({ tick }) => {
    const projector = new Projector(altered(open(), { log: { read: away } }), quiet)
    await reaches(projector, 'waiting')
    await projector.stop()
    assert.deepEqual(projector.now, { state: 'stopped' })
    tick(60_000)
    assert.deepEqual(projector.now, { state: 'stopped' })
  }))

test('a store that fails under the last batch does not make the stop a failure', async () => {
  const store = open()
  await write(store)
  let stopping: Promise<void> | undefined
  const save: typeof store.views.save = () => {
    stopping = projector.stop()
    return away()
  }
  const projector = new Projector(altered(store, { views: { save } }), quiet)
  await until(() => stopping !== undefined)
  await stopping
  assert.deepEqual(projector.now, { state: 'stopped' })
})

test('a mistake of ours is a failure at once', async () => {
  const read: Log['read'] = () => Promise.reject(new TypeError('a mistake'))
  assert((await failure(new Projector(altered(open(), { log: { read } }), quiet))) instanceof TypeError)
})

/** Takes the tail of partition 0 away, as a log restored from an older copy; `other` puts another one there. */
const restored = (store: Store, end: number, other: boolean): Log['read'] => {
  return async (...args) =>
    (await store.log.read(...args)).flatMap(commit => {
      if (commit.partition !== 0 || commit.position < end) return [commit]
      return other ? [{ ...commit, hash: 'of another commit' }] : []
    })
}

for (const other of [false, true])
  test(`a log behind the views stops it: ${other ? 'another commit' : 'none'} at the checkpoint`, async () => {
    const store = open()
    await write(store)
    const first = new Projector(store, quiet)
    await caughtUp(store)
    await first.stop()
    const before = [await viewsOf(store), await store.views.checkpoints('crawl@1')]
    const end = (await store.log.tails()).get(0) ?? 0
    await write(store, 2)

    let saves = 0
    const save: typeof store.views.save = async fold => {
      saves += 1
      return store.views.save(fold)
    }
    const behind = altered(store, { log: { read: restored(store, end, other) }, views: { save } })
    const error = await failure(new Projector(behind, quiet))
    assert(error instanceof LogBehindViews)
    assert.deepEqual([error.code, error.partition, error.position], ['log-behind-views', 0, end])
    assert.equal(saves, 0)
    assert.deepEqual([await viewsOf(store), await store.views.checkpoints('crawl@1')], before)
  })

test('versions are never mixed: a newer program asks for a rebuild, an older one for a newer program', async () => {
  const store = open()
  const newer = { ...crawl, version: crawl.version + 1 }
  await write(store)
  const projector = new Projector(store, quiet)
  await caughtUp(store)
  await projector.stop()
  const needed = await failure(new Projector(store, { ...quiet, projection: newer }))
  assert(needed instanceof RebuildNeeded)
  await assertFolded(store)
  await rebuild(store, newer, { owner: 'test' })
  assert((await failure(new Projector(store, quiet))) instanceof ProjectionOutdated)
  await assertFolded(store, { projection: { ...crawl, version: 2 } })
})

test.run()

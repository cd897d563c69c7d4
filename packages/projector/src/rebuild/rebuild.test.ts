import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import { buildOf, NewerRebuild, ProjectionOutdated } from '../build.js'
import { altered, assertFolded, commitsWritten, gate, write } from '../projector.test-kit.js'
import { RebuildTakenOver } from './lane.js'
import { RebuildStopped } from './progress.js'
import { type RebuildOptions, rebuild } from './rebuild.js'
import { cancelRebuild } from './session.js'

const test = suite('rebuild')
const owner = 'the test'

const written = async (): Promise<Store> => {
  const store = openSqlite(':memory:', { partitions: 2 })
  await write(store)
  return store
}

/** A rebuild that is about to wait for minutes, since it has folded far more than a limit allows. */
const slow = async (
  store: Store,
  options: Partial<RebuildOptions> = {},
): Promise<{ readonly failure: Promise<unknown> }> => {
  const { opened, open } = gate()
  const failure = rebuild(store, crawl, {
    owner,
    eventsPerSecond: 0.01,
    onProgress: ({ events }) => {
      if (events > 0) open()
    },
    ...options,
  }).catch((error: unknown) => error)
  await opened
  return { failure }
}

test('told to end it does not sit out the wait that a limit asks for, and goes on from there', async () => {
  const store = await written()
  const stop = new AbortController()
  const { failure } = await slow(store, { signal: stop.signal })
  stop.abort()
  assert.ok((await failure) instanceof RebuildStopped)
  const { build, resumed, commits } = await rebuild(store, crawl, { owner })
  assert.deepEqual([build, resumed, commits > 0 && commits <= commitsWritten], [2, true, true])
  await assertFolded(store, { projection: buildOf(crawl, 2) })
})

test('it finds out that it was cancelled while it waits', async () => {
  const store = await written()
  const { failure } = await slow(store)
  assert.ok(await cancelRebuild(store, crawl))
  assert.ok((await failure) instanceof RebuildTakenOver)
  assert.equal((await store.builds.record(crawl.name))?.next, undefined)
})

test('views of a newer version are replaced only where that is said, also by a worker that rebuilds by itself', async () => {
  const store = await written()
  const newer = { ...crawl, version: crawl.version + 1 }
  await rebuild(store, newer, { owner })
  const before = await store.builds.record(crawl.name)
  await assert.rejects(rebuild(store, crawl, { owner }), ProjectionOutdated)
  await assert.rejects(rebuild(store, crawl, { owner, ifOlder: true }), ProjectionOutdated)
  assert.deepEqual(await store.builds.record(crawl.name), before)
  await assertFolded(store, { projection: buildOf(crawl, 2) })
  assert.equal((await rebuild(store, crawl, { owner, downgrade: true })).build, 3)
  assert.equal((await store.builds.record(crawl.name))?.version, crawl.version)
  await assertFolded(store, { projection: buildOf(crawl, 3) })
})

test('what a newer version has begun to build is not thrown away', async () => {
  const store = await written()
  await rebuild(store, crawl, { owner })
  const newest = { ...crawl, version: crawl.version + 2 }
  await assert.rejects(rebuild(store, newest, { owner, signal: AbortSignal.abort() }), RebuildStopped)
  const older = { ...crawl, version: crawl.version + 1 }
  for (const wanted of [{}, { ifOlder: true }, { downgrade: true }])
    await assert.rejects(rebuild(store, older, { owner, ...wanted }), NewerRebuild)
  assert.equal((await store.builds.record(crawl.name))?.next?.version, newest.version)
  assert.ok(await cancelRebuild(store, older))
  assert.equal((await rebuild(store, older, { owner, ifOlder: true })).resumed, false)
})

test('under a limit it reads little at once', async () => {
  const store = await written()
  const limits = new Set<number>()
  const read: Store['log']['read'] = (after, limit) => {
    limits.add(limit)
    return store.log.read(after, limit)
  }
  await rebuild(altered(store, { log: { read } }), crawl, { owner, eventsPerSecond: 1000 })
  // Ten events, and fewer commits where one has several.
  assert.equal(Math.max(...limits), 10)
  await assertFolded(store, { projection: buildOf(crawl, 2) })
})

test.run()

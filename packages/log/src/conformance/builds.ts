import assert from 'node:assert/strict'
import { type ViewDocument, type ViewName, viewNames } from '@crawl-ledger/domain'
import type { ProjectionRecord } from '../build-port.js'
import type { Checkpoint, ViewStore } from '../view-port.js'
import type { Bench, Sample } from './suite.js'

const startedAt = '2024-05-01T12:00:00.000Z'

const record = (revision: number): ProjectionRecord => ({
  projection: 'crawl',
  revision,
  build: 1,
  version: 7,
  latest: revision,
})

const rebuilding = (revision: number): ProjectionRecord => ({
  ...record(revision),
  next: { build: 2, version: 8, state: 'building', startedAt },
})

const documentOf = (_id: string, v: number, position = 1): ViewDocument & { text: string } => ({
  _id,
  v,
  position,
  text: `${_id} of ${v}`,
})

const checkpoint = (position: number): Checkpoint => ({
  partition: 0,
  position,
  hash: `hash ${position}`,
  digest: `digest ${position}`,
  revision: 1,
  held: [],
  discarded: [],
})

/** Folds documents of a build into every view, and says where it stands. */
const fill = async (views: ViewStore, build: number, ids: readonly string[]): Promise<void> => {
  const writes = viewNames.flatMap(view =>
    ids.map(id => ({ view, document: documentOf(id, build), expected: undefined })),
  )
  const moves = [checkpoint(build)]
  assert.equal(await views.save({ projection: `crawl@${build}`, writes, moves }), true)
}

const all = { prefix: '', limit: 100 }

/** That every view has these documents of a build and no other. */
const holds = async (views: ViewStore, build: number, ids: readonly string[]): Promise<void> => {
  for (const view of viewNames) {
    const documents = ids.map(id => documentOf(id, build))
    assert.deepEqual(await views.list(view, all), documents)
    assert.deepEqual((await views.load(view, ['a', 'b', 'c'])).length, ids.length)
    assert.deepEqual(await views.load(view, ids.slice(0, 1)), documents.slice(0, 1))
  }
}

/** Build 1 is read, with `a` and `b`; build 2 is beside it, with `b` and `c`. */
const twoBuilds = async (bench: Bench) => {
  const [store, other] = [await bench.open(), await bench.open()]
  await fill(store.views, 1, ['a', 'b'])
  const beside = await store.builds.open(2)
  await fill(beside, 2, ['b', 'c'])
  return { store, other, beside }
}

const replaced = async (views: ViewStore, view: ViewName, v: number): Promise<boolean> =>
  views.save({
    projection: `crawl@${v}`,
    writes: [{ view, document: documentOf('c', v, 9), expected: { v, position: 1 } }],
    moves: [],
  })

/** Views that are made beside those that are read, and take their place. */
export const builds: readonly Sample[] = [
  {
    rule: 'builds',
    name: 'a record of a projection is written only in the place of the one before it',
    run: async bench => {
      const [{ builds }, { builds: other }] = [await bench.open(), await bench.open()]
      assert.equal(await builds.record('crawl'), undefined)
      assert.equal(await builds.put(record(2)), false)
      assert.equal(await builds.put(record(1)), true)
      assert.equal(await other.put({ ...record(1), version: 9 }), false)
      assert.deepEqual(await other.record('crawl'), record(1))
      assert.equal(await other.put(rebuilding(2)), true)
      assert.equal(await builds.put(record(2)), false)
      assert.deepEqual(await builds.record('crawl'), rebuilding(2))
      assert.equal(await builds.put(record(3)), true)
      assert.deepEqual(await other.record('crawl'), record(3))
      assert.equal(await other.record('another'), undefined)
    },
  },
  {
    rule: 'builds',
    name: 'of two who write a record, one does',
    run: async bench => {
      const all = await Promise.all([bench.open(), bench.open(), bench.open()])
      for (let revision = 1; revision <= 10; revision += 1) {
        const put = await Promise.all(
          all.map(({ builds }, i) => builds.put({ ...record(revision), version: i })),
        )
        assert.equal(put.filter(Boolean).length, 1)
        assert.deepEqual(await all[0]?.builds.record('crawl'), {
          ...record(revision),
          version: put.indexOf(true),
        })
      }
    },
  },
  {
    rule: 'builds',
    name: 'a build is made beside the views that are read, which stay as they are',
    run: async bench => {
      const { store, other, beside } = await twoBuilds(bench)
      await holds(store.views, 1, ['a', 'b'])
      await holds(beside, 2, ['b', 'c'])
      // Whoever opens it again goes on with it.
      const again = await other.builds.open(2)
      await holds(again, 2, ['b', 'c'])
      await other.builds.seal(2)
      await holds(other.views, 1, ['a', 'b'])
      await holds(again, 2, ['b', 'c'])
      assert.equal(await replaced(again, 'media', 2), true)
      assert.deepEqual(await beside.load('media', ['c']), [documentOf('c', 2, 9)])
      assert.deepEqual(await store.views.checkpoints('crawl@1'), [checkpoint(1)])
      assert.deepEqual(await store.views.checkpoints('crawl@2'), [checkpoint(2)])
      assert.deepEqual(await beside.checkpoints('crawl@2'), [checkpoint(2)])
    },
  },
  {
    rule: 'builds',
    name: 'after a swap its documents are the ones that are read, also by those who had opened the views before',
    run: async bench => {
      const { store, other } = await twoBuilds(bench)
      await holds(other.views, 1, ['a', 'b'])
      await store.builds.seal(2)
      await store.builds.swap(2)
      for (const { views } of [store, other, await bench.open()]) await holds(views, 2, ['b', 'c'])
      assert.deepEqual(await other.views.checkpoints('crawl@2'), [checkpoint(2)])
      for (const view of viewNames) {
        assert.equal(await replaced(other.views, view, 1), false)
        assert.equal(await replaced(other.views, view, 2), true)
        assert.deepEqual(await store.views.load(view, ['c']), [documentOf('c', 2, 9)])
      }
    },
  },
  {
    rule: 'builds',
    name: 'a swap may be done again, and by two at once',
    run: async bench => {
      const { store, other } = await twoBuilds(bench)
      await store.builds.seal(2)
      await Promise.all([store.builds.swap(2), other.builds.swap(2), store.builds.swap(2)])
      await holds(store.views, 2, ['b', 'c'])
      await other.builds.swap(2)
      await store.builds.seal(2)
      await store.builds.swap(2)
      await holds(other.views, 2, ['b', 'c'])
    },
  },
  {
    rule: 'builds',
    name: 'what was not sealed takes no place',
    run: async bench => {
      const { store, other, beside } = await twoBuilds(bench)
      await other.builds.swap(2)
      await holds(store.views, 1, ['a', 'b'])
      await holds(beside, 2, ['b', 'c'])
      await other.builds.seal(3)
      await other.builds.swap(3)
      await holds(store.views, 1, ['a', 'b'])
    },
  },
  {
    rule: 'builds',
    name: 'a builder who is late changes nothing of what is read',
    run: async bench => {
      const { store, other, beside } = await twoBuilds(bench)
      await other.builds.seal(2)
      await other.builds.swap(2)
      const late = { view: 'workflows', document: documentOf('late', 2), expected: undefined } as const
      await beside.save({ projection: 'crawl@2', writes: [late], moves: [] })
      assert.equal(await replaced(beside, 'workflows', 2), false)
      await other.builds.swap(2)
      await holds(store.views, 2, ['b', 'c'])
      await other.builds.drop(2)
      assert.deepEqual(await beside.load('media', ['b']), [])
      assert.deepEqual(await beside.list('media', all), [])
      // It may even begin anew; nobody has sealed that.
      await store.builds.open(2)
      await other.builds.swap(2)
      await holds(store.views, 2, ['b', 'c'])
    },
  },
  {
    rule: 'builds',
    name: 'a build that is dropped is gone, and only that one',
    run: async bench => {
      const { store, other } = await twoBuilds(bench)
      await fill(await other.builds.open(3), 3, ['a'])
      await other.builds.seal(2)
      for (const _ of ['there', 'absent']) await other.builds.drop(2)
      await store.builds.swap(2)
      await holds(store.views, 1, ['a', 'b'])
      await holds(await store.builds.open(3), 3, ['a'])
      await holds(await store.builds.open(2), 2, [])
    },
  },
  {
    rule: 'builds',
    name: 'checkpoints of a build are forgotten, and no others',
    run: async bench => {
      const { store, other } = await twoBuilds(bench)
      for (const _ of ['there', 'absent']) await other.builds.forget('crawl@1')
      assert.deepEqual(await store.views.checkpoints('crawl@1'), [])
      assert.deepEqual(await store.views.checkpoints('crawl@2'), [checkpoint(2)])
      await holds(store.views, 1, ['a', 'b'])
    },
  },
]

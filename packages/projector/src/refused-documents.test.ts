import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import { DocumentsRefused, type Store, type ViewStore } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { NEVER } from 'rxjs'
import { suite } from 'uvu'
import { buildOf } from './build.js'
import { Projector } from './projector.js'
import { assertFolded, caughtUp, viewsOf, write } from './projector.test-kit.js'
import { heldCommits, retryHeld } from './quarantine.js'
import { rebuild } from './rebuild/rebuild.js'

const test = suite('a document that the store does not take')
const id = 'osaka-1/a1/m2'
const reason = 'the test does not want it'

/** A store that does not take one document, neither in the views that are read nor in a build. */
const picky = (base: Store) => {
  let isPicky = true
  const but = (views: ViewStore): ViewStore => ({
    ...views,
    save: async fold => {
      if (isPicky && fold.writes.some(({ document }) => document._id === id))
        throw new DocumentsRefused('The store of the test', [{ view: 'media', id, reason }])
      return views.save(fold)
    },
  })
  const store: Store = {
    ...base,
    views: but(base.views),
    builds: { ...base.builds, open: async build => but(await base.builds.open(build)) },
  }
  return {
    store,
    mend: () => {
      isPicky = false
    },
  }
}

/** What is held back: the document, and why. */
const held = async (store: Store) =>
  (await heldCommits(store, crawl)).map(({ view, id, error, holds }) => ({ view, id, error, holds }))

const only = [{ view: 'media', id, error: `${reason}.`, holds: 'document' }]

/** All documents but that one. */
const others = async (store: Store) => (await viewsOf(store)).filter(([key]) => key !== `media:${id}`)

const sound = async (): Promise<readonly unknown[]> => {
  const store = openSqlite(':memory:', { partitions: 2 })
  await write(store)
  const projector = new Projector(store, { projection: crawl, signal: NEVER })
  await caughtUp(store)
  await projector.stop()
  const documents = await others(store)
  await store.close()
  return documents
}

const timeless = (documents: readonly unknown[]): unknown =>
  JSON.parse(JSON.stringify(documents).replaceAll(/"recordedAt":"[^"]*"/g, '"recordedAt":""'))

test('it is held back with the reason, all others go on, and when it is taken it comes up to date', async () => {
  const base = openSqlite(':memory:', { partitions: 2 })
  try {
    const { store, mend } = picky(base)
    await write(store)
    const projector = new Projector(store, { projection: crawl, signal: NEVER })
    await caughtUp(store)
    assert.deepEqual(await held(store), only)
    await write(store, 2)
    await caughtUp(store)
    await projector.stop()
    assert.deepEqual(await held(store), only)
    assert.equal((await base.views.load('media', [id])).length, 0)

    const [one] = await heldCommits(store, crawl)
    const { partition = 0, position = 0, attempts = 0 } = one ?? {}
    const again = await retryHeld(store, crawl, partition, position)
    assert.match(String(again?.error), /the test does not want it/)
    assert.equal(again?.attempts, attempts + 1)
    mend()
    assert.equal(await retryHeld(store, crawl, partition, position), undefined)
    assert.deepEqual(await held(store), [])
    await assertFolded(store)
  } finally {
    await base.close()
  }
})

test('a rebuild holds it back, too, and all others are as they are without it', async () => {
  const base = openSqlite(':memory:', { partitions: 2 })
  try {
    const { store, mend } = picky(base)
    await write(store)
    const done = await rebuild(store, crawl, { owner: 'the test' })
    assert.equal(done.held, 1)
    assert.deepEqual(await held(store), only)
    const documents = await others(store)
    assert.deepEqual(
      timeless(documents.map(([key, document]) => [key, { ...document, v: 1 }])),
      timeless(await sound()),
    )
    mend()
    const [one] = await heldCommits(store, crawl)
    assert.equal(await retryHeld(store, crawl, one?.partition ?? 0, one?.position ?? 0), undefined)
    await assertFolded(store, { projection: buildOf(crawl, 2) })
  } finally {
    await base.close()
  }
})

test.run()

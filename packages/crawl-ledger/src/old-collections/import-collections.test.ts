import { readable, StoreUnavailable, Writer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { importCollections, importing } from './import-collections.js'
import { documentsOf, location, media, ref, withImported, workflow } from './imported.test-kit.js'

const test = suite('importing old collections')

test('a document without its workflow or item is listed, and a second run records nothing', () =>
  withImported(
    {
      locations: [location, { _id: 1, locationName: 'Nowhere' }],
      workflows: [
        workflow,
        { ...workflow, batchId: 'failed', context: null, status: 'failed' },
        { _id: 2, batchId: 'b' },
      ],
      media: [media, { ...ref, _id: 3 }],
    },
    async (ledger, first, run) => {
      assert.is(first.documents, 7)
      assert.equal(
        first.unreadable.map(({ collection, _id }) => [collection, _id]),
        [
          ['locations', 1],
          ['workflows', 2],
          ['media', 3],
        ],
      )
      assert.match(first.unreadable[1]?.reason ?? '', /^context.locationId: .* it is missing/)
      const before = await ledger.workflows.get(ref)
      const again = await run()
      assert.equal([again.recorded, again.duplicate, again.unchanged], [0, first.recorded, first.unchanged])
      assert.equal(again.unreadable, first.unreadable)
      await ledger.caughtUp()
      assert.equal(await ledger.workflows.get(ref), before)
    },
  ))

/** A document with each of its fields, and each field of its context, replaced by each of these values. */
const oddOnes = (document: object): readonly object[] => {
  const values = [undefined, null, 0, 'x', '', [], [null, 7, {}], { a: { b: null } }, true, '2024-02-30']
  const fields = Object.keys(document).filter(field => field !== '_id')
  const context = 'context' in document && document.context instanceof Object ? document.context : {}
  const replaced = values.flatMap(value => [
    ...fields.map(field => ({ ...document, [field]: value })),
    ...Object.keys(context).map(field => ({ ...document, context: { ...context, [field]: value } })),
  ])
  return JSON.parse(JSON.stringify(replaced.map((one, i) => ({ ...one, _id: i }))))
}

test('whatever stands in a document, it is recorded or listed, and once', () => {
  const odd = { locations: oddOnes(location), workflows: oddOnes(workflow), media: oddOnes(media) }
  return withImported(odd, async (ledger, first, run) => {
    assert.is(first.documents, Object.values(odd).flat().length)
    assert.ok(first.unreadable.length < first.documents / 4, `${first.unreadable.length} are not read`)
    const again = await run()
    assert.is(again.recorded, 0)
    assert.is(again.duplicate + again.unchanged, first.recorded + first.duplicate + first.unchanged)
    assert.equal(again.unreadable, first.unreadable)
    assert.is((await ledger.workflows.get(ref))?.locationId, 'osaka')
  })
})

test('every commit is marked as imported', async () => {
  const store = openSqlite(':memory:')
  try {
    const old = { locations: [location], workflows: [workflow], media: [media] }
    await importCollections(documentsOf(old), importing(new Writer(store.log, { server: 'import' })))
    const handlers = new Set<string>()
    for (const partition of (await store.log.tails()).keys())
      for (const commit of readable(await store.log.read(new Map([[partition, 0]]), 1000)))
        for (const message of commit.messages) handlers.add(message.handler)
    assert.equal([...handlers], ['import'])
  } finally {
    await store.close()
  }
})

test('no more is under way than is bounded, and all is settled when the store goes away', async () => {
  let underWay = 0
  let most = 0
  const many = { media: Array.from({ length: 2000 }, (_, i) => ({ ...media, itemId: `item_${i}` })) }
  const result = await importCollections(documentsOf(many), async () => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise(resolve => setImmediate(resolve))
    underWay -= 1
    return { outcome: 'recorded', position: 1 }
  })
  assert.is(result.recorded, 2000)
  assert.ok(most <= 256 && most > 100, `${most} at once`)
  const away = await importCollections(documentsOf(many), async () => ({ outcome: 'unavailable' })).then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.instance(away, StoreUnavailable)
})

test.run()

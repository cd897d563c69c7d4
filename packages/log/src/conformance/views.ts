import assert from 'node:assert/strict'
import type { ViewDocument } from '@crawl-ledger/domain'
import type { Checkpoint, DocumentWrite } from '../ports.js'
import type { Sample } from './suite.js'

const projection = 'crawl@1'

type Expected = DocumentWrite['expected']

const documentOf = (_id: string, position: number, v = 1): ViewDocument & { body: unknown } => ({
  _id,
  v,
  position,
  body: { text: `${_id} at ${position}`, list: [1, { two: null }] },
})

const writing = (document: ViewDocument, expected?: Expected): DocumentWrite => ({
  view: 'workflows',
  document,
  expected,
})

const checkpoint = (position: number, partition = 0): Checkpoint => ({
  partition,
  position,
  hash: `hash ${position}`,
  digest: `digest ${position}`,
})

const byId = (a: ViewDocument, b: ViewDocument): number => (a._id < b._id ? -1 : 1)

/** Documents and checkpoints by compare-and-set. */
export const views: readonly Sample[] = [
  {
    rule: 'compare-and-set',
    name: 'documents and checkpoints are kept as they were saved, each view and projection for itself',
    run: async bench => {
      const { views } = await bench.open()
      const [a, b] = [documentOf('P/a', 3), documentOf('P/b', 4)]
      const moves = [{ from: 0, to: checkpoint(4) }]
      assert.equal(await views.save({ projection, writes: [writing(a), writing(b)], moves }), true)
      const elsewhere: DocumentWrite = { ...writing(documentOf('P/a', 9)), view: 'media' }
      assert.equal(await views.save({ projection: 'crawl@2', writes: [elsewhere], moves: [] }), true)
      const other = (await bench.open()).views
      assert.deepEqual([...(await other.load('workflows', ['P/b', 'P/none', 'P/a']))].sort(byId), [a, b])
      assert.deepEqual(await other.load('media', ['P/a']), [elsewhere.document])
      assert.deepEqual(await other.load('workflows', []), [])
      assert.deepEqual(await other.checkpoints(projection), [checkpoint(4)])
      assert.deepEqual(await other.checkpoints('crawl@2'), [])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'where nothing was expected and something is, nothing is written',
    run: async bench => {
      const [{ views }, { views: other }] = [await bench.open(), await bench.open()]
      const [mine, theirs] = [documentOf('P/a', 1), documentOf('P/a', 2)]
      const saved = await Promise.all([
        views.save({ projection, writes: [writing(mine)], moves: [] }),
        other.save({ projection, writes: [writing(theirs)], moves: [] }),
      ])
      assert.deepEqual(saved.toSorted(), [false, true])
      assert.deepEqual(await views.load('workflows', ['P/a']), [saved[0] ? mine : theirs])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'what was expected must still be there: by position and by version',
    run: async bench => {
      const { views } = await bench.open()
      const save = (document: ViewDocument, expected?: Expected): Promise<boolean> =>
        views.save({ projection, writes: [writing(document, expected)], moves: [] })
      assert.equal(await save(documentOf('P/a', 5)), true)
      for (const expected of [
        { v: 1, position: 4 },
        { v: 1, position: 6 },
        { v: 2, position: 5 },
      ]) {
        assert.equal(await save(documentOf('P/a', 7), expected), false)
        assert.equal(await save(documentOf('P/nobody', 7), expected), false)
      }
      assert.deepEqual(await views.load('workflows', ['P/a', 'P/nobody']), [documentOf('P/a', 5)])
      // A document of another version of the projection is replaced as a whole.
      const anew = documentOf('P/a', 2, 2)
      assert.equal(await save(anew, { v: 1, position: 5 }), true)
      assert.equal(await save(documentOf('P/a', 7), { v: 1, position: 5 }), false)
      assert.deepEqual(await views.load('workflows', ['P/a']), [anew])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'a checkpoint moves only from where it is',
    run: async bench => {
      const { views } = await bench.open()
      const move = (from: number, to: number): Promise<boolean> =>
        views.save({ projection, writes: [], moves: [{ from, to: checkpoint(to) }] })
      assert.equal(await move(3, 4), false)
      assert.deepEqual(await views.checkpoints(projection), [])
      assert.equal(await move(0, 4), true)
      assert.equal(await move(0, 5), false)
      assert.equal(await move(3, 5), false)
      assert.deepEqual(await views.checkpoints(projection), [checkpoint(4)])
      assert.equal(await move(4, 6), true)
      assert.deepEqual(await views.checkpoints(projection), [checkpoint(6)])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'of two projectors that fold the same, one moves the checkpoint',
    run: async bench => {
      const all = await Promise.all([bench.open(), bench.open(), bench.open()])
      const moved = [0, 0, 0]
      for (let position = 0; position < 20; position += 1) {
        const saved = await Promise.all(
          all.map(({ views }) =>
            views.save({
              projection,
              writes: [
                writing(documentOf('P/a', position + 1), position === 0 ? undefined : { v: 1, position }),
              ],
              moves: [{ from: position, to: checkpoint(position + 1) }],
            }),
          ),
        )
        assert.equal(saved.filter(Boolean).length, 1)
        moved[saved.indexOf(true)] = position
      }
      const [{ views }] = all
      assert.deepEqual(await views.load('workflows', ['P/a']), [documentOf('P/a', 20)])
      assert.deepEqual(await views.checkpoints(projection), [checkpoint(20)])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'a fold of which one document was overtaken does not move the checkpoint',
    run: async bench => {
      const { views } = await bench.open()
      const save = (writes: readonly DocumentWrite[]): Promise<boolean> =>
        views.save({ projection, writes, moves: [{ from: 0, to: checkpoint(9) }] })
      assert.equal(await views.save({ projection, writes: [writing(documentOf('P/b', 3))], moves: [] }), true)
      assert.equal(await save([writing(documentOf('P/a', 9)), writing(documentOf('P/b', 9))]), false)
      assert.equal(
        await save([writing(documentOf('P/c', 9)), writing(documentOf('P/b', 9), { v: 1, position: 2 })]),
        false,
      )
      assert.deepEqual(await views.checkpoints(projection), [])
      const left = (await views.load('workflows', ['P/a', 'P/b', 'P/c'])).map(({ _id }) => _id).sort()
      assert.deepEqual(left, bench.fixture.capabilities.wholeFolds ? ['P/b'] : ['P/a', 'P/b', 'P/c'])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'a fold moves the checkpoints of several partitions',
    run: async bench => {
      const { views } = await bench.open()
      const both = [0, 3].map(partition => ({ from: 0, to: checkpoint(partition + 1, partition) }))
      assert.equal(await views.save({ projection, writes: [], moves: both }), true)
      const sorted = [...(await views.checkpoints(projection))].sort((a, b) => a.partition - b.partition)
      assert.deepEqual(
        sorted,
        both.map(({ to }) => to),
      )
      const next = [
        { from: 1, to: checkpoint(7) },
        { from: 2, to: checkpoint(8, 3) },
      ]
      assert.equal(await views.save({ projection, writes: [], moves: next }), false)
      const kept = new Map((await views.checkpoints(projection)).map(c => [c.partition, c.position]))
      assert.equal(kept.get(3), 4)
      assert.equal(kept.get(0), bench.fixture.capabilities.wholeFolds ? 1 : 7)
    },
  },
]

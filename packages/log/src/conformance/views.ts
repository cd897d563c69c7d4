import assert from 'node:assert/strict'
import type { ViewDocument } from '@crawl-ledger/domain'
import type { Checkpoint, Discarded, DocumentWrite, HeldDocument } from '../view-port.js'
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

const checkpoint = (position: number, revision = 1, partition = 0): Checkpoint => ({
  partition,
  position,
  hash: `hash ${position}`,
  digest: `digest ${position}`,
  revision,
  held: [],
  discarded: [],
})

const held: HeldDocument = {
  view: 'media',
  id: 'P/b/ü',
  position: 3,
  error: 'It said “no”.',
  attempts: 2,
  since: '2024-05-01T12:00:00.000Z',
}

const discarded: Discarded = { view: 'workflows', id: 'P/b', position: 2 }

const byPartition = (checkpoints: readonly Checkpoint[]): Checkpoint[] =>
  checkpoints.toSorted((a, b) => a.partition - b.partition)

const byId = (a: ViewDocument, b: ViewDocument): number => (a._id < b._id ? -1 : 1)

/** Documents and checkpoints by compare-and-set. */
export const views: readonly Sample[] = [
  {
    rule: 'compare-and-set',
    name: 'documents and checkpoints are kept as they were saved, each view and projection for itself',
    run: async bench => {
      const { views } = await bench.open()
      const [a, b] = [documentOf('P/a', 3), documentOf('P/b', 4)]
      const moves = [checkpoint(4)]
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
    name: 'a checkpoint is written only in the place of the one before it',
    run: async bench => {
      const { views } = await bench.open()
      const move = (to: Checkpoint): Promise<boolean> => views.save({ projection, writes: [], moves: [to] })
      assert.equal(await move(checkpoint(4, 2)), false)
      assert.deepEqual(await views.checkpoints(projection), [])
      assert.equal(await move(checkpoint(4)), true)
      assert.equal(await move(checkpoint(5)), false)
      assert.equal(await move(checkpoint(5, 3)), false)
      assert.deepEqual(await views.checkpoints(projection), [checkpoint(4)])
      assert.equal(await move(checkpoint(6, 2)), true)
      // A change that does not move it is a change as well: whoever read it before must read it again.
      assert.equal(await move({ ...checkpoint(6, 3), discarded: [discarded] }), true)
      assert.equal(await move(checkpoint(7, 3)), false)
      assert.deepEqual(await views.checkpoints(projection), [{ ...checkpoint(6, 3), discarded: [discarded] }])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'a checkpoint keeps what could not be folded, and loses what was put right',
    run: async bench => {
      const { views } = await bench.open()
      const moves = [checkpoint(4), checkpoint(5, 1, 3)].map(to => ({ ...to, held: [held, held] }))
      assert.equal(await views.save({ projection, writes: [], moves }), true)
      const stuck = { ...checkpoint(4, 2), held: [held], discarded: [discarded], stopped: held }
      assert.equal(await views.save({ projection, writes: [], moves: [stuck] }), true)
      const other = (await bench.open()).views
      assert.deepEqual(byPartition(await other.checkpoints(projection)), [stuck, moves[1]])
      assert.equal(await other.save({ projection, writes: [], moves: [checkpoint(4, 3)] }), true)
      assert.deepEqual(byPartition(await views.checkpoints(projection)), [checkpoint(4, 3), moves[1]])
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
              moves: [checkpoint(position + 1, position + 1)],
            }),
          ),
        )
        assert.equal(saved.filter(Boolean).length, 1)
        moved[saved.indexOf(true)] = position
      }
      const [{ views }] = all
      assert.deepEqual(await views.load('workflows', ['P/a']), [documentOf('P/a', 20)])
      assert.deepEqual(await views.checkpoints(projection), [checkpoint(20, 20)])
    },
  },
  {
    rule: 'compare-and-set',
    name: 'a fold of which one document was overtaken does not move the checkpoint',
    run: async bench => {
      const { views } = await bench.open()
      const save = (writes: readonly DocumentWrite[]): Promise<boolean> =>
        views.save({ projection, writes, moves: [checkpoint(9)] })
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
      const both = [checkpoint(1), checkpoint(4, 1, 3)]
      assert.equal(await views.save({ projection, writes: [], moves: both }), true)
      assert.deepEqual(byPartition(await views.checkpoints(projection)), both)
      const next = [checkpoint(7, 2), checkpoint(8, 3, 3)]
      assert.equal(await views.save({ projection, writes: [], moves: next }), false)
      const kept = new Map((await views.checkpoints(projection)).map(c => [c.partition, c.position]))
      assert.equal(kept.get(3), 4)
      assert.equal(kept.get(0), bench.fixture.capabilities.wholeFolds ? 1 : 7)
    },
  },
]

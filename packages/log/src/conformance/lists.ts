import assert from 'node:assert/strict'
import { type ViewDocument, viewNames } from '@crawl-ledger/domain'
import { type DocumentWrite, indexedFields, type ViewStore } from '../view-port.js'
import type { Bench, Sample } from './suite.js'

/** In the order of their code points, which is that of their bytes in UTF-8. */
const names = [
  '0',
  'A',
  'Z',
  'a',
  'a ',
  'a%2Fb',
  'a-b',
  'aa',
  'b',
  'z',
  '~',
  'ä',
  'é',
  'Ω',
  'я',
  '中',
  '한',
  '😀',
  '🦀',
]

/** What stores may sort differently, and must hold all the same. */
const last = ['～', '\uffff', '\u{10ffff}', '\u{10ffff}\u{10ffff}']

const filled = async (bench: Bench, ids: readonly string[]): Promise<ViewStore> => {
  const { views } = await bench.open()
  const writes = ids.toReversed().map(
    _id =>
      ({
        view: 'media',
        document: { _id, v: 1, position: 1 },
        expected: undefined,
      }) as const,
  )
  assert.equal(await views.save({ projection: 'crawl@1', writes, moves: [] }), true)
  return views
}

const paged = async (views: ViewStore, prefix: string, limit: number): Promise<string[]> => {
  const ids: string[] = []
  for (;;) {
    const after = ids.at(-1)
    const page: readonly ViewDocument[] = await views.list('media', {
      prefix,
      limit,
      ...(after === undefined ? {} : { after }),
    })
    assert(page.length <= limit)
    ids.push(...page.map(({ _id }) => _id))
    if (page.length < limit) return ids
    assert(ids.length < 1000, 'the list comes to an end')
  }
}

const sorted = (ids: readonly string[]): string[] => [...ids].sort()

/** Documents by the beginning of their key. */
export const lists: readonly Sample[] = [
  {
    rule: 'lists',
    name: 'documents are listed in the order of their keys, page by page, whatever letters these have',
    run: async bench => {
      const ids = names.map(name => `P/b/${name}`)
      const views = await filled(bench, ids)
      for (const limit of [1, 4, names.length, 100]) assert.deepEqual(await paged(views, 'P/b/', limit), ids)
    },
  },
  {
    rule: 'lists',
    name: 'a list holds every key that begins with the prefix and no other',
    run: async bench => {
      const inside = [...names, ...last].map(name => `P/b/${name}`)
      const outside = ['P', 'P/', 'P/b', 'P/b.x', 'P/b0', 'P/bb', 'P/ä/x', 'Q/b/a', 'p/b/a']
      const views = await filled(bench, [...inside, ...outside])
      assert.deepEqual(sorted(await paged(views, 'P/b/', 3)), sorted(inside))
      assert.deepEqual(sorted(await paged(views, '', 5)), sorted([...inside, ...outside]))
      assert.deepEqual(await paged(views, 'P/ä', 5), ['P/ä/x'])
      assert.deepEqual(await paged(views, 'P/b/a', 3), ['P/b/a', 'P/b/a ', 'P/b/a%2Fb', 'P/b/a-b', 'P/b/aa'])
      assert.deepEqual(await paged(views, 'R', 5), [])
      assert.deepEqual(await views.list('workflows', { prefix: '', limit: 5 }), [])
    },
  },
  {
    rule: 'lists',
    name: 'a list of those with a text in a field holds these only, in the order of their keys, page by page, and as they are now',
    run: async bench => {
      const { views } = await bench.open()
      const document = (i: number, status: string, position = 1) =>
        ({ _id: `P/${i}`, v: 1, position, status }) as ViewDocument
      const writes = [5, 3, 1, 4, 2].map(i => ({
        view: 'workflows' as const,
        document: document(i, i === 3 ? 'completed' : 'active'),
        expected: undefined,
      }))
      await views.save({ projection: 'crawl@1', writes, moves: [] })
      const ids = async (page: { limit: number; after?: string }, value: string) =>
        (await views.list('workflows', { prefix: '', ...page, where: { field: 'status', value } })).map(
          ({ _id }) => _id,
        )
      assert.deepEqual(await ids({ limit: 3 }, 'active'), ['P/1', 'P/2', 'P/4'])
      assert.deepEqual(await ids({ limit: 3, after: 'P/4' }, 'active'), ['P/5'])
      assert.deepEqual(await ids({ limit: 3 }, 'completed'), ['P/3'])
      assert.deepEqual(await ids({ limit: 3 }, 'failed'), [])
      const done = {
        view: 'workflows',
        document: document(1, 'completed', 2),
        expected: document(1, ''),
      } as const
      await views.save({ projection: 'crawl@1', writes: [done], moves: [] })
      assert.deepEqual(await ids({ limit: 9 }, 'active'), ['P/2', 'P/4', 'P/5'])
    },
  },
  {
    rule: 'lists',
    name: 'every field that is looked for is found by, in the views that are read and in those beside, whatever its text',
    run: async bench => {
      const { views, builds } = await bench.open()
      const beside = await builds.open(2)
      const values = ['a', 'b', 'it\'s 50% "ü"', '1']
      for (const [build, store] of [views, beside].entries())
        for (const view of viewNames) {
          const writes = values.map((value, i) => ({
            view,
            document: {
              _id: `P/${i}`,
              v: build,
              position: 1,
              ...Object.fromEntries(indexedFields[view].map(field => [field, value])),
            },
            expected: undefined,
          }))
          const alike = { ...writes[0], document: { ...writes[0]?.document, _id: 'Q/a' } } as DocumentWrite
          await store.save({ projection: `crawl@${build}`, writes: [...writes, alike], moves: [] })
          for (const field of indexedFields[view])
            for (const [i, value] of values.entries()) {
              const ids = async (prefix: string) =>
                (await store.list(view, { prefix, limit: 9, where: { field, value } })).map(({ _id }) => _id)
              assert.deepEqual(await ids(''), i === 0 ? ['P/0', 'Q/a'] : [`P/${i}`], `${view} by ${field}`)
              assert.deepEqual(await ids('Q/'), i === 0 ? ['Q/a'] : [])
            }
        }
    },
  },
]

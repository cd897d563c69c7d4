import assert from 'node:assert/strict'
import { canonical, isObject, type Json, type ViewDocument } from '@crawl-ledger/domain'
import type { Store } from '../ports.js'
import type { DocumentWrite } from '../view-port.js'
import { anyOdd, odd, oddNames } from './odd.js'
import type { Sample } from './suite.js'

const projection = 'crawl@1'

const writing = (document: ViewDocument, expected?: DocumentWrite['expected']): DocumentWrite => ({
  view: 'workflows',
  document,
  expected,
})

const texts = (documents: readonly ViewDocument[]): readonly string[] =>
  documents.map(one => canonical(one as unknown as Json)).sort()

/** Saves documents, replaces each by itself, and reads them in both ways. */
const kept = async ({ views }: Store, documents: readonly ViewDocument[]): Promise<void> => {
  const writes = documents.map(document => writing(document))
  assert.equal(await views.save({ projection, writes, moves: [] }), true)
  const again = documents.map(document => writing({ ...document, position: 2 }, { v: 1, position: 1 }))
  assert.equal(await views.save({ projection, writes: again, moves: [] }), true)
  const expected = texts(again.map(({ document }) => document))
  const ids = documents.map(({ _id }) => _id)
  assert.deepEqual(texts(await views.load('workflows', ids)), expected)
  assert.deepEqual(texts(await views.list('workflows', { prefix: '', limit: 1000 })), expected)
}

/** A document that has the fields of an object, whatever their names. */
const withFields = (_id: string, fields: Json): ViewDocument =>
  Object.fromEntries([
    ...Object.entries(isObject(fields) ? fields : { fields }),
    ...Object.entries({ _id, v: 1, position: 1 }),
  ]) as unknown as ViewDocument

/** What a document may hold. */
export const documents: readonly Sample[] = [
  {
    rule: 'documents',
    name: 'documents are kept whatever keys they and the objects in them have',
    run: async bench => {
      const store = await bench.open()
      const contents = [
        ...oddNames.map(name => odd[name]),
        ...Array.from({ length: 100 }, () => anyOdd(bench.random)),
      ]
      await kept(
        store,
        contents.flatMap((content, i) => [
          withFields(`P/${i}`, content as Json),
          withFields(`Q/${i}`, { content: content as Json }),
        ]),
      )
    },
  },
  {
    rule: 'documents',
    name: 'times are kept as the texts that they are, in whatever field and form',
    run: async bench => {
      const store = await bench.open()
      const fields = [
        'createdAt',
        'updatedAt',
        'completedAt',
        'failedAt',
        'processedAt',
        'recordedAt',
        'other',
      ]
      const times = [
        ...['2024-05-01T12:00:00.000Z', '1969-12-31T23:59:59.999Z', '-000001-01-01T00:00:00.000Z'],
        ...['+010000-01-01T00:00:00.000Z', '+275760-09-13T00:00:00.000Z', '0000-01-01T00:00:00.000Z'],
        ...[
          '2024-05-01T12:00:00Z',
          '2024-05-01',
          '2024-05-01T14:00:00.000+02:00',
          '2024-02-30T00:00:00.000Z',
        ],
        ...['', '5', 'now', null, 1714564800000, ['2024-05-01T12:00:00.000Z'], { $date: 'x' }],
      ]
      await kept(
        store,
        times.map((time, i) => {
          const all = Object.fromEntries(fields.map(field => [field, time]))
          return withFields(`P/${i}`, { ...all, inside: all, $odd: all })
        }),
      )
    },
  },
]

import type { MediaDocument } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { standingOf } from './standing.js'

const test = suite('standing')

const item = (itemId: string, more: object) =>
  ({
    itemId,
    itemType: 'image',
    status: 'active',
    metadata: {},
    stages: [],
    errors: [],
    ...more,
  }) as unknown as MediaDocument

const prepared = { metadata: { mediaInfo: { type: 'image/png', size: 10 }, size: 10 } }

test('an item is open until every stage is done or one has failed', () => {
  const error = { stage: 'prep-media', code: 'http-404', error: 'gone' }
  const all = [
    item('done', { ...prepared, status: 'completed' }),
    item('half', prepared),
    item('claimed', { stages: [{ stage: 'prep-media', claimed: 1, failing: 0 }] }),
    item('new', {}),
    item('failing', {
      stages: [{ stage: 'prep-media', failing: 1 }],
      errors: [{ ...error, code: 'timeout' }],
    }),
    item('given up', { status: 'failed', errors: [{ ...error, fatal: true }, error] }),
  ]
  const { items, bytes, open, types, failures } = standingOf(all)
  assert.equal([items, bytes, open], [6, 20, 3])
  assert.equal(types, [
    { type: 'image', items: 4, bytes: 0, failed: 2 },
    { type: 'image/png', items: 2, bytes: 20, failed: 0 },
  ])
  assert.equal(
    failures.map(({ item, stage, code, message }) => [item.itemId, stage, code, message]),
    [
      ['failing', 'prep-media', 'timeout', 'gone'],
      ['given up', 'prep-media', 'http-404', 'gone'],
    ],
  )
})

test('what failed once and is done now is no failure', () => {
  const errors = [{ stage: 'prep-media', error: 'no answer' }]
  const { open, failures } = standingOf([item('m', { ...prepared, status: 'completed', errors })])
  assert.equal([open, failures], [0, []])
})

test.run()

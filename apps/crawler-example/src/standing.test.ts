import type { MediaDocument, WorkflowDocument } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { percentDone, standingOf, worthRetrying } from './standing.js'

const test = suite('standing')
const names = ['download', 'inspect']

const media = (mediaId: string, stages: object[], errors: object[] = [], found = true) =>
  ({ mediaId, found, kind: 'image', item: {}, stages, errors }) as unknown as MediaDocument

const downloaded = {
  stage: 'download',
  status: 'completed',
  result: { type: 'image/png' },
  processing: { sizeBytes: 10 },
}

test('an item is open until every stage is done or one has failed', () => {
  const inspected = { stage: 'inspect', status: 'completed' }
  const failed = { stage: 'download', status: 'failed', attempt: 1 }
  const all = [
    media('done', [downloaded, inspected]),
    media('half', [downloaded]),
    media('claimed', [{ stage: 'download', status: 'claimed' }]),
    media('new', []),
    media('failed', [failed], [{ stage: 'download', code: 'http-404', message: 'gone' }]),
    media('unknown', [failed], [], false),
  ]
  const { items, bytes, open, types, failures } = standingOf(all, names)
  assert.equal([items, bytes, open], [5, 20, 3])
  assert.equal(types, [
    { type: 'image', items: 3, bytes: 0, failed: 1 },
    { type: 'image/png', items: 2, bytes: 20, failed: 0 },
  ])
  assert.equal(
    failures.map(({ media, stage, code }) => [media.mediaId, stage, code]),
    [['failed', 'download', 'http-404']],
  )
})

test('only what may pass is worth another attempt, and only so often', () => {
  const failed = (stage: string, code: string, attempt: number) =>
    media(
      'm',
      [...(stage === 'inspect' ? [downloaded] : []), { stage, status: 'failed', attempt }],
      [{ stage, code, message: '' }],
    )
  const of = (...all: readonly MediaDocument[]) => worthRetrying(standingOf(all, names), 2)
  assert.equal(of(failed('download', 'http-404', 1), failed('inspect', 'broken-image', 1)), [])
  assert.equal(of(failed('download', 'timeout', 2)), [])
  assert.equal(of(failed('download', 'http-503', 1), failed('inspect', 'no-answer', 1)), names)
})

test('what failed has the stages after it behind it too', () => {
  const of = (mediaItems: number, work: object[], stages: object[] = []) =>
    percentDone({ mediaItems, work, stages, described: { stages: names } } as unknown as WorkflowDocument)
  assert.is(of(0, []), 0)
  assert.is(of(0, [], [{ stage: 'discover', completed: 1 }]), 100)
  assert.is(of(4, [{ stage: 'download', done: 1, failing: 1, claimed: 1 }]), 37.5)
  const work = [
    { stage: 'download', done: 3, failing: 1, claimed: 0 },
    { stage: 'inspect', done: 2, failing: 1, claimed: 0 },
  ]
  assert.is(of(4, work), 100)
})

test.run()

import { WorkflowTracker } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newBatch, newBatchIn } from './new-batch.js'

const test = suite('new batch')
const batch = { locationId: 'l', batchId: 'b', queries: ['/media'] }
const of = { locationId: 'l', batchId: 'b' }

test('a known batch is begun by the same message again', () => {
  const createdAt = '2026-11-24T12:00:00.000Z'
  assert.equal(newBatch(batch, { createdAt }), newBatch(batch, { createdAt }))
})

test('a message is read in either envelope, as an object, as text and as bytes', () => {
  const message = newBatch(batch, undefined)
  const text = JSON.stringify(message)
  for (const one of [message, text, `\uFEFF${text}`, Buffer.from(text)]) assert.equal(newBatchIn(one), of)
  const { locationId: _, ...workflow } = WorkflowTracker.createBatchContext(of)
  assert.equal(newBatchIn({ util: 'x', type: 'new_batch', workflow, payload: { locationId: 'l' } }), of)
})

test('what is no new batch begins none', () => {
  const context = WorkflowTracker.createBatchContext(of)
  for (const one of [{ type: 'error', context }, { type: 'new_batch' }, '{', 'null', 7, undefined])
    assert.is(newBatchIn(one), undefined)
})

test.run()

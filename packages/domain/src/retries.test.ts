import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decide } from './decide.js'
import { failingIn } from './failing.js'
import type { Envelope } from './messages.js'
import { initialState } from './state.js'
import {
  after,
  batch,
  batchDone,
  complete,
  errorOf,
  given,
  item,
  itemFound,
  newBatch,
  progressOf,
  resume,
  retry,
  stateAfter,
  time,
} from './told.test-kit.js'

// What services ask of a workflow that failed: to retry and to resume.

const found = itemFound(batch(), { itemId: 'i', itemUrl: 'u', itemType: 'video' })
const failed = (minutes = 0, fields: object = {}): object =>
  errorOf(item({ timestamp: time(minutes), ...fields }), { error: 'x' })

test('retrying opens again what has failed, of the batch and of items, all or some stages', () => {
  const before = [
    found,
    failed(),
    failed(0, { itemId: 'j', stage: 'analyse-media' }),
    errorOf(batch(), { error: 'x' }),
  ]
  const types = (command: Envelope) => {
    const decision = decide(stateAfter(...before), command)
    if (E.isLeft(decision)) throw new Error(decision.left.message)
    return decision.right.events.flatMap(event =>
      event.type === 'StageRetried' ? [[event.data.itemId, event.data.stage, event.data.attempt]] : [],
    )
  }
  const [ofBatch, i, j] = [
    [undefined, 'crawl-media', 2],
    ['i', 'prep-media', 2],
    ['j', 'analyse-media', 2],
  ]
  assert.equal(types(retry()), [ofBatch, i, j])
  assert.equal(types(retry('analyse-media', 'crawl-media')), [ofBatch, j])
  assert.equal(types(retry('enrich-venue')), [])
  const { workflow: view } = after(...before, retry())
  assert.equal([view.status, view.items.failing, view.errorCount], ['active', 0, 3])
})

test('a failure after a retry fails again; one told before the retry does not', () => {
  assert.is(after(failed(), retry(), failed(1)).workflow.items.failing, 1)
  assert.is(after(failed(), retry(), failed()).workflow.items.failing, 0)
  assert.is(after(errorOf(batch(), { error: 'x' }), retry()).workflow.status, 'active')
})

test('retrying a stage of a workflow that was said to be complete makes the words said until then void', () => {
  const said = [failed(), complete(batch())]
  assert.is(after(...said).workflow.status, 'completed')
  assert.is(after(...said, retry()).workflow.status, 'active')
  assert.is(after(...said, retry('enrich-venue')).workflow.status, 'completed', 'nothing was retried')
  assert.is(after(...said, retry(), complete(batch({ timestamp: time(1) }))).workflow.status, 'completed')
})

test('resuming answers what failed in the batch, and counts', () => {
  const broken = [newBatch(batch()), errorOf(batch(), { error: 'x' })]
  given(...broken)
    .when(resume())
    .gives(
      { type: 'WorkflowResumed', data: { from: 'failed', server: 's' } },
      { type: 'CountsChanged', data: { change: { rows: [{ failing: -1, stage: 'crawl-media' }] } } },
      { type: 'WorkflowReopened', data: { from: 'failed' } },
    )
  const { workflow: view } = after(...broken, resume())
  assert.equal([view.status, view.resumes, view.failure], ['active', 1, undefined])
  given(newBatch(batch()))
    .when(resume())
    .gives({ type: 'WorkflowResumed', data: { from: 'active', server: 's' } })
})

test('what failed in items stays failed when a workflow is resumed', () => {
  assert.is(after(failed(), resume()).workflow.items.failing, 1)
})

test('a workflow that is over or unknown is not resumed', () => {
  const why = (...before: readonly object[]) => {
    const decision = decide(stateAfter(...before), resume())
    return E.isLeft(decision) ? [decision.left.code, decision.left.message] : undefined
  }
  assert.equal(why(complete(batch())), [
    'not-running',
    'The workflow is completed: there is nothing to resume.',
  ])
  assert.equal(why(batchDone)?.[0], 'not-running')
  const unknown = decide(initialState, resume())
  assert.is(
    E.isLeft(unknown) && unknown.left.message,
    'The workflow is not known: there is nothing to resume.',
  )
})

test('what a workflow fails in is told with its attempts and its last failure', () => {
  const state = stateAfter(
    failed(1),
    failed(3),
    failed(2),
    progressOf(item({ itemId: 'j' })),
    errorOf(batch(), { error: 'y' }),
  )
  const error = { stage: 'prep-media', error: 'x', timestamp: time(3) }
  assert.equal(failingIn(state, 'i'), [{ stage: 'prep-media', attempt: 3, error }])
  assert.equal(failingIn(state, 'j'), [])
  assert.equal(failingIn(state, 'unknown'), [])
  assert.equal(failingIn(state, undefined), [
    { stage: 'crawl-media', attempt: 1, error: { stage: 'crawl-media', error: 'y', timestamp: time(0) } },
  ])
})

test.run()

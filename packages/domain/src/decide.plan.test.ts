import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  batch,
  errorOf,
  given,
  item,
  itemFound,
  newBatch,
  progressOf,
  saveMediaItem,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'

// Rule 8: a batch may have stages of its own.

const plan = { batch: ['seek'], item: ['fetch', 'read'] }
const withPlan = (fields: object = {}, own: object = plan) => batch({ metadata: { plan: own }, ...fields })
const planned = newBatch(withPlan())
const done = (stage: string, fields: object = {}) => stageComplete(item({ stage, ...fields }))

test('a workflow goes through the stages of its own plan', () => {
  const seek = stageComplete(withPlan({ stage: 'seek', timestamp: time(1) }))
  assert.is(told(planned).workflow.currentStage, 'seek')
  const { workflow, media } = told(planned, seek, done('fetch'))
  assert.equal([workflow.currentStage, workflow.progress], ['read', 66])
  assert.equal(workflow.completedStages, ['seek', 'fetch'])
  assert.equal([media().currentStage, media().completedStages], ['read', ['fetch']])
  assert.is(told(planned, seek, done('fetch'), done('read')).workflow.status, 'completed')
})

test('it stays in the metadata, and travels with every context: also an item’s brings it', () => {
  assert.equal(told(planned).workflow.context.metadata, { plan })
  const { workflow, media } = told(progressOf(item({ metadata: { plan } })))
  assert.equal([workflow.currentStage, media().currentStage], ['seek', 'fetch'])
})

test('results bring no plan', () => {
  assert.is(told(stageComplete(batch(), { results: { plan } })).workflow.currentStage, 'find-location')
})

test('of several plans the one with the earliest timestamp counts, then the larger text', () => {
  const other = { batch: ['look'], item: ['get'] }
  const first = (a: object, b: object) => told(newBatch(a), newBatch(b)).workflow.currentStage
  assert.is(first(withPlan({ timestamp: time(2) }), withPlan({ timestamp: time(1) }, other)), 'look')
  assert.is(first(withPlan({ timestamp: time(2) }), withPlan({ timestamp: undefined }, other)), 'look')
  assert.is(first(withPlan(), withPlan({}, other)), 'seek')
})

test('a plan that is ignored leaves the six stages', () => {
  for (const odd of [{ batch: [], item: ['a'] }, { batch: ['a'], item: ['a'] }, 'seek'])
    assert.is(told(newBatch(batch({ metadata: { plan: odd } }))).workflow.currentStage, 'find-location')
})

test('one that comes only after items were told is folded into their documents, too', () => {
  const history = [
    itemFound(batch(), { itemId: 'i', itemUrl: 'u', itemType: 'video' }),
    done('fetch'),
    done('seek'),
    saveMediaItem(
      item({
        itemUrl: 'u',
        errors: [
          { stage: 'seek', error: 'x' },
          { stage: 'control', error: 'y' },
        ],
      }),
    ),
  ]
  // `told` compares all orders, so that the plan comes first, last and between.
  const { workflow, media } = told(...history, newBatch(withPlan({ timestamp: time(30) })))
  assert.equal(media().completedStages, ['fetch'])
  // The item's error of `seek` is the batch's, copied; that of `control` is its own now.
  assert.equal(
    media().errors.map(({ stage }) => stage),
    ['control'],
  )
  assert.equal([media().errorCount, workflow.errorCount, workflow.items.failing], [1, 1, 1])
})

test('what a late plan changes is told once of each item and once of the whole', () => {
  given(done('fetch'))
    .when(planned)
    .gives(
      { type: 'PlanChosen', data: { itemIds: ['i'], plan } },
      { type: 'ContextUpdated', data: { metadata: { plan } } },
      {
        type: 'Recounted',
        data: { change: { behind: [{ items: 1, stage: 'fetch' }] }, errors: [], itemId: 'i' },
      },
      { type: 'Recounted', data: { change: { behind: [{ items: 1, stage: 'fetch' }] }, errors: [] } },
    )
})

test('a stage outside the plan is recorded and counted; done, it decides nothing', () => {
  const { workflow, media, location } = told(
    stageComplete(batch({ stage: 'own' }), { results: { processingTime: 5 } }),
    done('own'),
    done('other'),
  )
  assert.equal([workflow.status, workflow.progress, workflow.currentStage], ['active', 0, 'find-location'])
  const figures = { failing: 0, claimed: 0, errors: 0, sizeBytes: 0 }
  const rows = [
    { stage: 'other', completed: 1, durationMs: 0, ...figures },
    { stage: 'own', completed: 2, durationMs: 5, ...figures },
  ]
  assert.equal([workflow.stages, location.stages], [rows, rows])
  assert.equal([workflow.completedStages, media().completedStages], [['own'], ['other', 'own']])
  assert.is(media().currentStage, 'prep-media')
})

test('a stage outside the plan fails like any other', () => {
  assert.is(told(errorOf(batch({ stage: 'own' }), { error: 'x' })).workflow.status, 'failed')
  const failed = errorOf(item({ stage: 'own' }), { error: 'x' })
  assert.is(told(failed).workflow.items.failing, 1)
  assert.is(told(failed, done('own')).workflow.items.failing, 0)
})

test('a location counts by the six stages, whatever plans its workflows have', () => {
  const { location } = told(planned, done('fetch'), done('prep-media'))
  assert.equal(
    location.stages.map(({ stage, completed }) => [stage, completed]),
    [
      ['prep-media', 1],
      ['fetch', 1],
    ],
  )
})

test.run()

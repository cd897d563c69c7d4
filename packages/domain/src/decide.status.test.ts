import { test } from 'uvu'
import * as assert from 'uvu/assert'
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
  saveMediaItem,
  saveWorkflow,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'

// Rules 5 to 7: status, progress and current stage are derived and never toggled.

const found = itemFound(batch(), { itemId: 'i', itemUrl: 'u', itemType: 'video' })
const done = (stage: string, fields: object = {}) => stageComplete(item({ stage, ...fields }))
const batchStage = (stage: string, fields: object = {}) => stageComplete(batch({ stage, ...fields }))
const failed = errorOf(batch({ stage: 'control' }), { error: 'x' })
const status = (...raws: readonly object[]) => told(...raws).workflow.status

test('a workflow is active until something else holds', () => {
  assert.is(status(newBatch(batch())), 'active')
  assert.is(status(batchStage('find-location'), batchStage('control')), 'active')
  assert.is(status(batchDone, found), 'active')
})

test('it is completed when it was said to be, with a batch context, whatever failed', () => {
  assert.is(status(complete(batch())), 'completed')
  assert.is(status(complete(batch()), failed, found), 'completed')
  assert.is(status(complete(item())), 'active', 'an item’s context finishes the item')
})

test('it is completed when every batch stage is done and every item found is finished', () => {
  assert.is(status(batchDone), 'completed', 'also without items')
  assert.is(status(batchDone, found, done('enrich-venue')), 'completed')
  assert.is(status(batchDone, found, errorOf(item(), { error: 'x', fatal: true })), 'completed')
  assert.is(status(batchDone, found, done('enrich-venue'), done('prep-media', { itemId: 'j' })), 'active')
  assert.is(status(found, done('enrich-venue')), 'active')
})

test('it is failed while a failure of the batch is unresolved, of whatever stage', () => {
  assert.is(status(failed), 'failed')
  assert.is(status(errorOf(batch({ stage: 'own' }), { error: 'x' })), 'failed')
  assert.is(status(errorOf(batch({ stage: 'enrich-venue' }), { error: 'x' }), batchDone), 'failed')
  assert.is(status(errorOf(batch(), { error: 'x', fatal: false })), 'active')
  assert.is(status(errorOf(item(), { error: 'x' })), 'active', 'an item’s error fails no workflow')
})

test('a failure is resolved when its stage is ever told done in a batch context', () => {
  assert.is(status(failed, batchStage('control')), 'active')
  assert.is(status(failed, saveWorkflow(batch({ completedStages: ['control'] }))), 'active')
  assert.is(status(failed, batchStage('find-location')), 'failed')
  assert.is(status(failed, done('control')), 'failed', 'not in an item’s context')
  const ofItemStage = errorOf(batch({ stage: 'enrich-venue' }), { error: 'x' })
  assert.is(status(ofItemStage, batchStage('enrich-venue')), 'active')
})

test('one that completed by itself is active again when another item is found: events tell of both', () => {
  given(batchDone, done('prep-media'), done('analyse-media'))
    .when(done('enrich-venue'))
    .gives(
      { type: 'StageCompleted', data: { itemId: 'i', stage: 'enrich-venue' } },
      { type: 'WorkflowCompleted', data: { from: 'active' } },
    )
  given(batchDone)
    .when(found)
    .gives(
      { type: 'ItemFound', data: { itemId: 'i', itemUrl: 'u', itemType: 'video' } },
      { type: 'WorkflowReopened', data: { from: 'completed' } },
    )
  assert.equal(
    [after(batchDone), after(batchDone, found)].map(({ location }) => [
      location.completedWorkflows,
      location.activeWorkflows,
    ]),
    [
      [1, 0],
      [0, 1],
    ],
  )
})

test('an event of failing tells the latest failure, and tells of another one', () => {
  const failure = (minutes: number) => ({
    error: 'x',
    fails: true,
    stage: 'control',
    timestamp: time(minutes),
  })
  const { fails: _, ...told } = failure(5)
  given(failed)
    .when(errorOf(batch({ stage: 'control', timestamp: time(5) }), { error: 'x' }))
    .gives(
      { type: 'ErrorRecorded', data: failure(5) },
      { type: 'WorkflowFailed', data: { failure: told, from: 'failed' } },
    )
})

test('a failed workflow shows its latest failure, with what else was told of it, and no other does', () => {
  const late = errorOf(batch({ timestamp: time(4) }), { error: 'y', code: 7 })
  const failure = { stage: 'crawl-media', error: 'y', timestamp: time(4), code: 7 }
  const { workflow } = told(failed, late)
  assert.equal([workflow.failure, workflow.failedAt], [failure, time(4)])
  const { workflow: rest } = told(failed, late, batchStage('crawl-media'))
  assert.equal([rest.failure, rest.failedAt], [{ stage: 'control', error: 'x', timestamp: time(0) }, time(0)])
  const { workflow: none } = told(failed, batchStage('control'))
  assert.equal([none.failure, none.failedAt], [undefined, undefined])
})

test('completedAt is the latest time that told a completion, only while completed', () => {
  const at = (...raws: readonly object[]) => told(...raws).workflow.completedAt
  const last = done('enrich-venue', { timestamp: time(7) })
  assert.is(at(complete(batch({ timestamp: time(3) }))), time(3))
  assert.is(at(batchDone, found, last), time(7))
  assert.is(at(batchDone, found, last, batchStage('control', { timestamp: time(8) })), time(8))
  assert.is(at(batchDone, errorOf(item({ timestamp: time(6) }), { error: 'x', fatal: true })), time(6))
  const saved = item({ itemUrl: 'u', completedStages: ['enrich-venue'], timestamp: time(9) })
  assert.is(at(batchDone, saveMediaItem(saved)), time(9))
  assert.is(at(batchDone, last, progressOf({ ...saved, timestamp: time(9) })), time(7))
  assert.is(at(batchDone, found, last, done('prep-media', { itemId: 'j' })), undefined)
  assert.is(at(complete(batch({ timestamp: undefined }))), undefined)
})

test('progress is the batch stages done and the item stages on average, of all stages, rounded down', () => {
  const progress = (...raws: readonly object[]) => told(...raws).workflow.progress
  assert.is(progress(newBatch(batch())), 0)
  assert.is(progress(batchStage('control')), 16)
  assert.is(progress(batchDone, found), 50)
  assert.is(progress(batchDone, found, done('prep-media')), 66)
  // Two items with one item stage between them: 3.5 of 6.
  assert.is(progress(batchDone, done('prep-media'), progressOf(item({ itemId: 'j' }))), 58)
  assert.is(progress(batchStage('control'), errorOf(item(), { error: 'x', fatal: true })), 66)
})

test('progress is 100 exactly when completed, else at most 99', () => {
  const all = (...raws: readonly object[]) => told(...raws).workflow
  assert.is(all(complete(batch())).progress, 100)
  assert.is(all(batchDone).progress, 100)
  const failing = all(
    batchDone,
    done('enrich-venue'),
    done('analyse-media'),
    done('prep-media'),
    errorOf(batch({ stage: 'own' }), { error: 'x' }),
  )
  assert.equal([failing.status, failing.progress, failing.currentStage], ['failed', 99, 'enrich-venue'])
})

test('the current stage of a workflow is its first open batch stage, then its first open item stage', () => {
  const stage = (...raws: readonly object[]) => told(...raws).workflow.currentStage
  assert.is(stage(newBatch(batch())), 'find-location')
  assert.is(stage(batchStage('find-location'), batchStage('crawl-media')), 'control')
  assert.is(stage(batchDone, found), 'prep-media')
  assert.is(
    stage(batchDone, found, done('prep-media'), done('enrich-venue', { itemId: 'j' })),
    'analyse-media',
  )
  assert.is(stage(batchDone, found, done('enrich-venue')), 'enrich-venue', 'when completed the last')
  assert.is(stage(complete(batch())), 'enrich-venue', 'said to be')
})

test('a workflow without items whose batch stages are done shows the first item stage', () => {
  const { workflow } = told(batchDone)
  assert.equal([workflow.status, workflow.currentStage], ['completed', 'prep-media'])
})

test('the current stage of an item is the first item stage that it lacks', () => {
  const stage = (...raws: readonly object[]) => told(found, ...raws).media().currentStage
  assert.is(stage(), 'prep-media')
  assert.is(stage(done('prep-media')), 'analyse-media')
  assert.is(stage(done('analyse-media')), 'prep-media')
  assert.is(stage(done('enrich-venue')), 'enrich-venue')
})

test('completed stages are the batch’s, then each that every item has behind it, then others as text', () => {
  const stages = (...raws: readonly object[]) => told(...raws).workflow.completedStages
  assert.equal(stages(batchStage('z'), batchStage('a'), batchStage('control'), batchStage('find-location')), [
    'find-location',
    'control',
    'a',
    'z',
  ])
  const three = ['find-location', 'control', 'crawl-media']
  assert.equal(stages(batchDone), three, 'with no items no item stage is behind all')
  assert.equal(stages(batchDone, done('prep-media')), [...three, 'prep-media'])
  assert.equal(stages(batchDone, done('prep-media'), progressOf(item({ itemId: 'j' }))), three)
  assert.equal(stages(batchDone, done('prep-media'), done('enrich-venue', { itemId: 'j' })), [
    ...three,
    'prep-media',
  ])
  assert.equal(stages(batchStage('control'), done('prep-media')), ['control'])
})

test('the context of a workflow is the batch’s as it stands now', () => {
  const { workflow } = told(
    batchDone,
    done('prep-media', { timestamp: time(9), metadata: { a: 2 } }),
    errorOf(item({ timestamp: time(9) }), { error: 'x' }),
    errorOf(batch({ timestamp: time(5), metadata: { a: 1 }, shard: 3 }), { error: 'y', fatal: false }),
  )
  assert.equal(workflow.context, {
    batchId: 'b',
    locationId: 'l',
    stage: 'analyse-media',
    timestamp: time(5),
    completedStages: ['find-location', 'control', 'crawl-media', 'prep-media'],
    metadata: { a: 1 },
    errors: [{ stage: 'crawl-media', error: 'y', timestamp: time(5), fatal: false }],
    shard: 3,
  })
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { WorkflowContext } from './context.js'
import { itemIdOf } from './item-id.js'
import { WorkflowTracker as tracker } from './tracker.js'

const at = '2024-05-01T12:00:00.000Z'
const later = '2024-05-01T12:01:00.000Z'

const metadata = { inputQueries: ['cat'], coordinates: { lat: 34.7, lng: 135.5 } }
const first = tracker.createBatchContext({ batchId: 'b', locationId: 'l', countryCode: 'JP', metadata }, at)

/** Freezes deeply: a helper that changes what it was given fails. */
const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

test('a batch begins in find-location with nothing completed', () => {
  assert.equal(first, {
    batchId: 'b',
    locationId: 'l',
    countryCode: 'JP',
    stage: 'find-location',
    timestamp: at,
    completedStages: [],
    metadata,
  })
  assert.equal(tracker.createBatchContext({ batchId: 'b', locationId: 'l' }, at).metadata, {})
})

test('an item begins in prep-media: crawled, with the derived id and a copy of the metadata', () => {
  const batch = { ...first, completedStages: ['find-location'], query: 'cat' }
  const context = tracker.createItemContext(batch, { itemUrl: 'https://e.org/1', itemType: 'video' }, later)
  assert.equal(context, {
    ...batch,
    itemId: itemIdOf('b', 'https://e.org/1'),
    itemUrl: 'https://e.org/1',
    itemType: 'video',
    stage: 'prep-media',
    timestamp: later,
    completedStages: ['find-location', 'crawl-media'],
  })
  assert.is.not(context.metadata, batch.metadata)
  assert.is.not(context.metadata.inputQueries, batch.metadata.inputQueries)
})

test('an item keeps an id of its own, and crawl-media is there once', () => {
  const batch = { ...first, completedStages: ['crawl-media'] }
  const context = tracker.createItemContext(batch, { itemId: 'i', itemUrl: 'u', itemType: 'post' }, later)
  assert.is(context.itemId, 'i')
  assert.equal(context.completedStages, ['crawl-media'])
})

test('the derived id is of batch, line feed and address', () => {
  assert.match(itemIdOf('b', 'u'), /^item_[0-9a-f]{16}$/)
  assert.is(itemIdOf('b', 'u'), itemIdOf('b', 'u'))
  assert.is.not(itemIdOf('b', 'u'), itemIdOf('c', 'u'))
  // printf 'b\nu' | sha256sum
  assert.is(itemIdOf('b', 'u'), 'item_ad0376f815cc3dce')
})

test('moving to a stage changes the stage and the time', () => {
  assert.equal(tracker.moveToStage(first, 'control', later), { ...first, stage: 'control', timestamp: later })
})

test('completing a stage adds it once and merges the results into the metadata', () => {
  const once = tracker.completeStage(first, { generatedQueries: ['q'], inputQueries: ['dog'] }, later)
  assert.equal(once, {
    ...first,
    timestamp: later,
    completedStages: ['find-location'],
    metadata: { ...metadata, inputQueries: ['dog'], generatedQueries: ['q'] },
  })
  assert.equal(tracker.completeStage(once, undefined, later), once)
})

test('an error is added with its stage and time, by its message', () => {
  const once = tracker.addError(first, new Error('no answer'), later)
  const twice = tracker.addError(once, 'again', later)
  assert.equal(twice, {
    ...first,
    timestamp: later,
    errors: [
      { stage: 'find-location', error: 'no answer', timestamp: later },
      { stage: 'find-location', error: 'again', timestamp: later },
    ],
  })
})

test('progress is completed of all six, rounded', () => {
  const done = (...completedStages: readonly string[]): WorkflowContext => ({ ...first, completedStages })
  assert.equal(tracker.getProgress(done('find-location')), {
    batchId: 'b',
    itemId: undefined,
    currentStage: 'find-location',
    completedStages: 1,
    totalStages: 6,
    progressPercentage: 17,
    hasErrors: false,
    errorCount: 0,
  })
  const failed = tracker.getProgress(
    tracker.addError({ ...done('a', 'b', 'c', 'd'), itemId: 'i' }, 'x', later),
  )
  assert.equal(
    [failed.itemId, failed.progressPercentage, failed.hasErrors, failed.errorCount],
    ['i', 67, true, 1],
  )
})

test('a workflow with a plan of its own begins in its stages and counts them', () => {
  const plan = { batch: ['seek'], item: ['fetch', 'read'] }
  const own = tracker.createBatchContext({ batchId: 'b', locationId: 'l', metadata: { plan } }, at)
  assert.is(own.stage, 'seek')
  const context = tracker.createItemContext(own, { itemUrl: 'u', itemType: 'image' }, later)
  assert.equal([context.stage, context.completedStages], ['fetch', ['seek']])
  const { totalStages, progressPercentage } = tracker.getProgress(context)
  assert.equal([totalStages, progressPercentage], [3, 33])
})

test('no helper changes what it was given', () => {
  const given = frozen(structuredClone(tracker.addError(first, 'x', at)))
  const context = frozen(tracker.createItemContext(given, { itemUrl: 'u', itemType: 'image' }, later))
  tracker.moveToStage(context, 'enrich-venue')
  tracker.completeStage(context, { a: 1 })
  tracker.addError(context, 'y')
  tracker.getProgress(context)
})

test('without a time a helper stamps the present one', () => {
  const before = Date.now()
  const stamped = Date.parse(tracker.moveToStage(first, 'control').timestamp)
  assert.ok(stamped >= before && stamped <= Date.now())
})

test.run()

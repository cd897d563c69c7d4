import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { itemIdOf } from './item-id.js'
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
  saveLocation,
  saveMediaItem,
  saveWorkflow,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'

// Rules 1, 3, 9 and 10: whose a message is, and that nothing of it is lost.

const derived = itemIdOf('b', 'u')

test('whatever is told of a workflow first starts it', () => {
  given()
    .when(newBatch(batch({ timestamp: undefined })))
    .gives({ type: 'WorkflowStarted', data: {} })
  for (const message of [newBatch, stageComplete, progressOf, errorOf, complete, saveWorkflow, saveLocation])
    assert.is(after(message(batch())).location.totalWorkflows, 1)
})

test('an event has the time of its context, and without one none', () => {
  const { workflow } = after(newBatch(batch({ timestamp: '2024-05-01 12:00' })))
  assert.equal(
    [workflow.createdAt, workflow.updatedAt, workflow.context.timestamp],
    [time(0), time(0), time(0)],
  )
  const { workflow: none } = after(newBatch(batch({ timestamp: undefined })))
  assert.equal([none.createdAt, none.updatedAt, none.context.timestamp], [undefined, undefined, undefined])
})

test('the same address found twice in a batch is one item', () => {
  const found = (minutes: number) =>
    itemFound(batch({ timestamp: time(minutes) }), { itemUrl: 'u', itemType: 'video' })
  const { workflow, itemIds, media } = told(found(0), found(5))
  assert.is(workflow.items.found, 1)
  assert.equal(itemIds, [derived])
  assert.equal([media(derived).createdAt, media(derived).updatedAt], [time(0), time(5)])
})

test('an item found in an item’s context is that one item: its address, id and type only fill what the payload lacks', () => {
  const context = item({
    itemUrl: 'other',
    itemType: 'post',
    metadata: { a: 1 },
    completedStages: ['prep-media'],
  })
  const { itemIds, media } = told(itemFound(context, { itemId: 'p', itemUrl: 'u' }))
  assert.equal(itemIds, ['p'])
  const { itemUrl, itemType, metadata, completedStages } = media('p')
  assert.equal([itemUrl, itemType, metadata, completedStages], ['u', 'post', { a: 1 }, ['prep-media']])
})

test('what a batch’s context says besides is the batch’s, also where an item is found', () => {
  const context = batch({
    metadata: { a: 1 },
    completedStages: ['control'],
    query: 'cat',
    timestamp: time(3),
  })
  const { workflow, media } = told(itemFound(context, { itemId: 'i', itemUrl: 'u' }))
  assert.equal(workflow.context.metadata, { a: 1 })
  assert.equal([workflow.context.query, workflow.context.timestamp], ['cat', time(3)])
  assert.equal(workflow.completedStages, ['control'])
  assert.equal([media().metadata, media().fields, media().createdAt], [{}, undefined, time(3)])
})

test('further fields of an item found go to its metadata', () => {
  const payload = {
    itemId: 'i',
    itemUrl: 'u',
    itemType: 'video',
    author: { name: 'x' },
    likes: 3,
    none: null,
  }
  assert.equal(told(itemFound(batch(), payload)).media().metadata, { author: { name: 'x' }, likes: 3 })
})

test('an item may be told of before it is found, or never found', () => {
  const done = stageComplete(item({ stage: 'prep-media', timestamp: time(1) }))
  const found = itemFound(batch(), { itemId: 'i', itemUrl: 'u', itemType: 'image' })
  assert.is(told(done).workflow.items.found, 1)
  const { workflow, location, media } = told(done, found)
  assert.equal([workflow.items.found, location.totalMediaItems], [1, 1])
  assert.equal(location.itemTypes, { video: 0, image: 1, post: 0, other: 0 })
  assert.equal([media().itemUrl, media().completedStages], ['u', ['prep-media']])
})

test('from an item’s context nothing is concluded about the batch but that it exists', () => {
  const context = item({
    completedStages: ['find-location', 'control', 'crawl-media'],
    metadata: { inputQueries: ['cat'], a: 1 },
    query: 'cat',
    timestamp: time(9),
  })
  const { workflow } = told(saveMediaItem({ ...context, itemUrl: 'u' }))
  assert.equal([workflow.completedStages, workflow.currentStage, workflow.progress], [[], 'find-location', 0])
  assert.equal(workflow.context.metadata, {})
  assert.equal([workflow.context.timestamp, workflow.context.query], [undefined, undefined])
  assert.is(workflow.updatedAt, time(9), 'but its times count for its workflow')
})

test('an item stage told done by a batch, and a batch stage told done by an item, count nothing', () => {
  const { workflow, media } = told(
    stageComplete(batch({ stage: 'enrich-venue' })),
    stageComplete(item({ stage: 'control' })),
  )
  assert.equal([workflow.completedStages, workflow.stages, workflow.progress], [[], [], 0])
  assert.equal([media().completedStages, media().stages, media().status], [[], [], 'active'])
})

test('a location saved alone makes no workflow', () => {
  const alone = {
    locationId: 'l',
    locationName: 'Osaka',
    timestamp: time(0),
    metadata: { inputQueries: ['cat'] },
  }
  const { location, has } = told(saveLocation(alone), saveLocation({ ...alone, timestamp: time(2) }))
  assert.equal([location.locationName, location.totalWorkflows], ['Osaka', 0])
  assert.equal(location.metadata, { queries: ['cat'] })
  assert.equal([location.createdAt, location.updatedAt], [time(0), time(2)])
  assert.not(has('workflows:l/b'))
})

test('fields that nobody knows are kept with whom they are told of', () => {
  const { workflow, media } = told(
    progressOf(batch({ shard: 3, owner: { team: 'x' } })),
    progressOf(item({ attempt: 2, query: 'dog' })),
  )
  assert.equal([workflow.context.shard, workflow.context.owner], [3, { team: 'x' }])
  assert.equal(media().fields, { attempt: 2, query: 'dog' })
})

test('what a report says besides is kept with the fact', () => {
  given(newBatch(batch()))
    .when(progressOf(batch(), { percent: 40 }))
    .gives({ type: 'ProgressReported', data: { report: { percent: 40 } } })
  given(newBatch(batch()))
    .when(newBatch(batch(), { priority: 'high', queries: [] }))
    .gives({ type: 'ContextUpdated', data: { report: { priority: 'high' } } })
  given(batchDone)
    .when(stageComplete(item(), { results: { a: 1 }, took: '5s' }))
    .gives(
      { type: 'ItemFound', data: { itemId: 'i', metadata: { a: 1 }, report: { took: '5s' } } },
      { type: 'StageCompleted', data: { itemId: 'i', stage: 'prep-media' } },
      { type: 'WorkflowReopened', data: { from: 'completed' } },
    )
})

test('a field of a sender is never taken for a note of ours', () => {
  const notes = {
    again: '*',
    ofBatch: true,
    done: 'before',
    listed: true,
    aside: true,
    from: 'x',
    plan: 1,
    change: {},
  }
  const payload = { itemId: 'i', itemUrl: 'u', ...notes, doneBefore: [{}] }
  const context = batch({ ...notes, metadata: { ...notes, plan: null } })
  const { workflow, media } = told(
    itemFound(context, payload),
    progressOf(context, notes),
    stageComplete(context, notes),
  )
  const { plan: _, ...kept } = notes
  assert.equal(workflow.context.metadata, kept)
  assert.equal(media().metadata, { ...notes, doneBefore: [{}] })
})

test('ids of any characters name one workflow and one item', () => {
  for (const id of ['a/b', '%2F', 'void:1', '__proto__', '東京', '$a.b', 'a\0']) {
    const { workflow } = told(
      itemFound(batch(), { itemId: id, itemUrl: 'u' }),
      progressOf(item({ itemId: id })),
    )
    assert.is(workflow.items.found, 1)
  }
})

test('a context that says nothing new leaves no event', () => {
  const full = item({
    itemUrl: 'u',
    itemType: 'video',
    completedStages: ['prep-media'],
    metadata: { a: 1 },
    errors: [{ stage: 'prep-media', error: 'x', timestamp: time(0) }],
    locationName: 'Osaka',
  })
  given(saveMediaItem(full)).when(saveMediaItem(full)).gives()
  given(saveMediaItem(full)).when(progressOf(full)).gives()
  given(saveMediaItem(full))
    .when(progressOf(item({ metadata: {}, completedStages: [] })))
    .gives()
})

test.run()

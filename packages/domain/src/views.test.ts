import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { envelope, projected, receivedAt, recorded } from './crawl.test-kit.js'
import { crawl } from './projection.js'
import {
  after,
  batch,
  claim,
  complete,
  errorOf,
  item,
  itemFound,
  newBatch,
  progressOf,
  saveLocation,
  shown,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'
import type { WorkflowDocument } from './views/workflows.js'

/** Numbers below `n`, in an order that is none. */
const shuffled = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => (i * 7919 + 13) % n)

test('a document has its key, its version, and where it stands', () => {
  const commits = recorded([newBatch(batch()), progressOf(batch({ metadata: { a: 1 } }))].map(envelope))
  const { _id, v, position, version, recordedAt } = projected(commits).get(
    'workflows:l/b',
  ) as WorkflowDocument
  assert.equal([_id, v, position, version, recordedAt], ['l/b', crawl.version, 2, 2, receivedAt])
})

test('keys are made of escaped ids', () => {
  const odd = itemFound(batch({ batchId: 'b/1', locationId: 'l%2F' }), { itemId: 'i\n', itemUrl: 'u' })
  assert.equal([...projected(recorded([envelope(odd)])).keys()].sort(), [
    'locations:l%252F',
    'media:l%252F/b%2F1/i%0A',
    'workflows:l%252F/b%2F1',
  ])
})

test('the last 100 errors are listed and all are counted, in whatever order they come', () => {
  const error = (minutes: number, context: (fields: object) => object) =>
    errorOf(context({ timestamp: time(minutes) }), { error: `e${minutes}`, fatal: false })
  for (const context of [batch, item]) {
    const { workflow, location, media } = after(...shuffled(250).map(i => error(i, context)))
    const last = Array.from({ length: 100 }, (_, i) => `e${150 + i}`)
    const texts = (errors: WorkflowDocument['errors'] = []) => errors.map(one => one.error)
    assert.equal(texts(workflow.errors), last)
    assert.equal([workflow.errorCount, location.errorCount], [250, 250])
    if (context === item) {
      assert.equal([texts(media().errors), media().errorCount], [last, 250])
      assert.is(workflow.context.errors, undefined)
    } else assert.equal(texts(workflow.context.errors), last)
  }
})

test('the first 1,000 queries are listed by time and text, in whatever order they come', () => {
  const query = (i: number) =>
    newBatch(batch({ timestamp: time(Math.floor(i / 2)) }), { queries: [`q${String(i).padStart(4, '0')}`] })
  const first = Array.from({ length: 1000 }, (_, i) => `q${String(i).padStart(4, '0')}`)
  assert.equal(after(...shuffled(1200).map(query)).location.metadata.queries, first)
  assert.equal(after(...shuffled(1200).toReversed().map(query)).location.metadata.queries, first)
})

test('a query that is told earlier again comes into the list, and one that was cut off does not come back', () => {
  const many = Array.from({ length: 1001 }, (_, i) => `q${String(i).padStart(4, '0')}`)
  const at = (minutes: number, queries: readonly string[]) =>
    newBatch(batch({ timestamp: time(minutes) }), { queries })
  const { location } = told(at(5, many), at(1, ['q1000']), at(9, ['q0999']))
  assert.equal(location.metadata.queries, ['q1000', ...many.slice(0, 999)])
})

const row = (stage: string, ...raws: readonly object[]) =>
  told(...raws).workflow.stages.find(one => one.stage === stage)

const took = (results: object, fields: object = {}) =>
  stageComplete(item({ stage: 'prep-media', ...fields }), { results })

test('a stage’s time is its processingTime, else its durationMs; its size that of the media info, else its own', () => {
  const figures = (results: object) => {
    const { durationMs, sizeBytes } = row('prep-media', took(results)) ?? {}
    return [durationMs, sizeBytes]
  }
  assert.equal(figures({ processingTime: 5, durationMs: 9, mediaInfo: { size: 7 }, size: 3 }), [5, 7])
  assert.equal(figures({ durationMs: 9, mediaInfo: {}, size: 3 }), [9, 3])
  assert.equal(figures({ processingTime: '5', durationMs: -1, size: 'x' }), [0, 0])
})

test('told several times the largest counts; over items they are summed', () => {
  const { workflow, location, media } = told(
    took({ processingTime: 5, size: 9 }),
    took({ processingTime: 8, size: 1 }, { timestamp: time(1) }),
    took({ processingTime: 1 }, { itemId: 'j' }),
  )
  const figures = { stage: 'prep-media', failing: 0, claimed: 0, errors: 0 }
  const both = { ...figures, completed: 2, durationMs: 9, sizeBytes: 9 }
  assert.equal([workflow.stages, location.stages], [[both], [both]])
  assert.equal(media().stages, [{ ...figures, completed: 1, durationMs: 8, sizeBytes: 9 }])
})

test('the row of a batch stage counts batch contexts, and that of an item stage items', () => {
  const { workflow } = told(
    stageComplete(batch({ stage: 'control', timestamp: time(1) })),
    stageComplete(batch({ stage: 'control', timestamp: time(2) })),
    errorOf(batch({ stage: 'control' }), { error: 'x' }),
    errorOf(item({ stage: 'analyse-media' }), { error: 'x' }),
  )
  assert.equal(
    workflow.stages.map(({ stage, completed, failing, errors }) => [stage, completed, failing, errors]),
    [
      ['control', 1, 0, 1],
      ['analyse-media', 0, 1, 1],
    ],
  )
})

test('a location sums up its workflows', () => {
  const other = (fields: object = {}) => batch({ batchId: 'c', ...fields })
  const { location } = told(
    itemFound(batch(), { itemId: 'i', itemUrl: 'u', itemType: 'video' }),
    itemFound(other(), { itemId: 'i', itemUrl: 'u', itemType: 'image' }),
    complete(other()),
    errorOf(batch({ batchId: 'd', timestamp: time(7) }), { error: 'x' }),
  )
  const { totalMediaItems, totalWorkflows, activeWorkflows, completedWorkflows, failedWorkflows } = location
  assert.equal(
    [totalMediaItems, totalWorkflows, activeWorkflows, completedWorkflows, failedWorkflows],
    [2, 3, 1, 1, 1],
  )
  assert.equal([location.errorCount, location.createdAt, location.updatedAt], [1, time(0), time(7)])
  assert.equal(location.itemTypes, { video: 1, image: 1, post: 0, other: 0 })
})

test('created and updated are the earliest and the latest timestamp of any context of it', () => {
  const { workflow, location, media } = told(
    newBatch(batch({ timestamp: time(5) })),
    progressOf(item({ timestamp: time(9) })),
    progressOf(item({ timestamp: time(2) })),
    progressOf(item({ timestamp: undefined })),
  )
  for (const document of [workflow, location, media()]) assert.is(document.createdAt, time(2))
  for (const document of [workflow, location, media()]) assert.is(document.updatedAt, time(9))
})

test('an item was processed when its latest stage was told done first', () => {
  const { media } = told(
    stageComplete(item({ timestamp: time(3) })),
    stageComplete(item({ stage: 'own', timestamp: time(6) })),
    stageComplete(item({ stage: 'own', timestamp: time(8) })),
    stageComplete(item({ stage: 'control', timestamp: time(9) })),
  )
  assert.is(media().processedAt, time(6))
  assert.is(told(progressOf(item())).media().processedAt, undefined)
})

test('a command changes no time that contexts tell', () => {
  const before = [itemFound(batch(), { itemId: 'i', itemUrl: 'u' })]
  const [one, two] = [after(...before), after(...before, claim('c'))]
  assert.equal(
    [two.workflow.createdAt, two.workflow.updatedAt],
    [one.workflow.createdAt, one.workflow.updatedAt],
  )
})

test('what is told of a location alone changes no workflow', () => {
  const known = after(newBatch(batch()))
  const { workflow } = after(
    newBatch(batch()),
    saveLocation({ locationId: 'l', locationName: 'Osaka', timestamp: time(9) }),
  )
  assert.is(shown(workflow), shown(known.workflow))
})

test('100 stages are counted apart, and the others in one row', () => {
  const stages = shuffled(130).map(i => stageComplete(batch({ stage: `s${String(i).padStart(3, '0')}` })))
  for (const order of [stages, stages.toReversed()])
    for (const document of [after(...order).workflow, after(...order).location]) {
      assert.is(document.stages.length, 101)
      assert.equal([document.stages[99]?.stage, document.stages[100]?.stage], ['s099', '(other stages)'])
      assert.is(document.stages[100]?.completed, 30)
    }
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { envelope, projected, receivedAt, recorded } from './crawl.test-kit.js'
import { crawl, folded } from './projection.js'
import { errorsKept, otherStages } from './views/document.js'
import type { LocationDocument } from './views/locations.js'
import type { MediaDocument } from './views/media.js'
import type { WorkflowDocument } from './views/workflows.js'

const message = (type: string, fields: object = {}) => ({
  type,
  batchId: 'b',
  locationId: 'l',
  at: '2020-01-01',
  ...fields,
})
const fatal = message('error', { error: { message: 'x' }, fatal: true })

const views = (...messages: readonly object[]) => {
  const documents = projected(recorded(messages.map(envelope)))
  return {
    workflow: documents.get('workflows:l/b') as WorkflowDocument,
    location: documents.get('locations:l') as LocationDocument,
    media: (id: string) => documents.get(`media:l/b/${id}`) as MediaDocument | undefined,
  }
}

test('the documents of a small crawl', () => {
  const { workflow, location, media } = views(
    message('new-batch', { queries: ['cat'], countryCode: 'JP', location: { name: 'Osaka', area: 1 } }),
    message('item-found', { item: { mediaId: 'm', kind: 'photo', url: 'u', author: 'a' } }),
    message('stage-complete', {
      stage: 's',
      mediaId: 'm',
      result: 1,
      processing: { durationMs: 5, sizeBytes: 7 },
    }),
    message('error', { error: { message: 'x', code: 'E' }, stage: 's', mediaId: 'n' }),
    message('workflow-complete', { summary: 'ok' }),
  )
  const at = '2020-01-01T00:00:00.000Z'
  const stages = [{ stage: 's', completed: 1, errors: 1, durationMs: 5, sizeBytes: 7 }]
  const frame = { v: crawl.version, position: 5 }
  const error = { at, message: 'x', code: 'E', stage: 's' }
  assert.equal(workflow, {
    _id: 'l/b',
    ...frame,
    locationId: 'l',
    batchId: 'b',
    status: 'completed',
    version: 5,
    progress: 100,
    mediaItems: 1,
    described: { queries: ['cat'] },
    stages,
    work: [{ stage: 's', done: 1, failing: 1, claimed: 0 }],
    resumes: 0,
    errorCount: 1,
    errors: [{ ...error, mediaId: 'n' }],
    startedAt: at,
    updatedAt: receivedAt,
    completedAt: at,
    summary: 'ok',
  })
  assert.equal(location, {
    _id: 'l',
    ...frame,
    locationId: 'l',
    countryCode: 'JP',
    location: { name: 'Osaka', area: 1 },
    totalMediaItems: 1,
    activeWorkflows: 0,
    completedWorkflows: 1,
    failedWorkflows: 0,
    errorCount: 1,
    stages,
    updatedAt: receivedAt,
  })
  assert.equal(media('m'), {
    _id: 'l/b/m',
    ...frame,
    position: 3,
    locationId: 'l',
    batchId: 'b',
    mediaId: 'm',
    found: true,
    foundAt: at,
    kind: 'photo',
    url: 'u',
    item: { author: 'a' },
    errorCount: 0,
    errors: [],
    stages: [{ stage: 's', status: 'completed', at, result: 1, processing: { durationMs: 5, sizeBytes: 7 } }],
  })
  // An error of an item that nobody found is kept all the same.
  assert.equal(media('n')?.stages, [{ stage: 's', status: 'failed', at, attempt: 1 }])
  assert.equal([media('n')?.found, media('n')?.errors], [false, [error]])
})

test('a location counts a workflow where it stands: active, failed, completed', () => {
  const counted = (...messages: readonly object[]) => {
    const { activeWorkflows, failedWorkflows, completedWorkflows } = views(...messages).location
    return [activeWorkflows, failedWorkflows, completedWorkflows]
  }
  const complete = message('workflow-complete')
  assert.equal(counted(message('workflow-progress', { progress: 0 })), [1, 0, 0])
  assert.equal(counted(fatal), [0, 1, 0])
  assert.equal(counted(complete), [0, 0, 1])
  assert.equal(counted(fatal, complete), [0, 0, 1])
  assert.equal(counted(complete, fatal), [0, 0, 1])
  assert.equal(
    counted(fatal, { ...complete, batchId: 'c' }, message('new-batch', { batchId: 'd' })),
    [1, 1, 1],
  )
})

test('what new batches say of a workflow is added up', () => {
  const { workflow } = views(
    message('new-batch', { queries: ['a'], note: 1 }),
    message('new-batch', { note: 2 }),
  )
  assert.equal(workflow.described, { queries: ['a'], note: 2 })
})

test('a stage of a media item that failed and then completed is listed once, as it is now', () => {
  const failure = message('error', { error: { message: 'x' }, stage: 's', mediaId: 'm' })
  const { media } = views(failure, message('stage-complete', { stage: 's', mediaId: 'm' }))
  assert.equal(
    media('m')?.stages.map(({ stage, status }) => [stage, status]),
    [['s', 'completed']],
  )
})

test('what a message says of a location is added to what was said before', () => {
  const { location } = views(
    message('new-batch', { location: { name: 'Osaka', area: 1 }, geo: { latitude: 1, longitude: 2 } }),
    message('new-batch', { batchId: 'c', location: { name: 'Ōsaka' } }),
  )
  assert.equal(location.location, { name: 'Ōsaka', area: 1 })
  assert.equal(location.geo, { latitude: 1, longitude: 2 })
})

test('the last 100 errors are listed, all are counted', () => {
  const errors = Array.from({ length: errorsKept + 5 }, (_, i) =>
    message('error', { error: { message: `${i}` }, mediaId: 'm' }),
  )
  const { workflow, media } = views(...errors)
  for (const document of [workflow, media('m')]) {
    assert.is(document?.errorCount, errorsKept + 5)
    assert.equal(
      [document?.errors.length, document?.errors[0]?.message, document?.errors.at(-1)?.message],
      [100, '5', '104'],
    )
  }
})

test('100 stages are counted apart, the others together, and media items keep 100', () => {
  const stages = Array.from({ length: 103 }, (_, i) =>
    message('stage-complete', { stage: `s${i}`, mediaId: 'm' }),
  )
  // A stage that is counted apart stays so when there is no room for new ones.
  const again = message('stage-complete', { stage: 's0', mediaId: 'n' })
  const { workflow, location, media } = views(...stages, again)
  for (const document of [workflow, location]) {
    assert.is(document.stages.length, 101)
    assert.is(document.stages[0]?.completed, 2)
    assert.equal([document.stages[100]?.stage, document.stages[100]?.completed], [otherStages, 3])
  }
  assert.is(media('m')?.stages.length, 100)
})

test('fields of theirs in `processing` do not count', () => {
  const processing = { durationMs: 1, errors: 'many', completed: 9, stage: 'other' }
  const { location } = views(message('stage-complete', { stage: 's', processing }))
  assert.equal(location.stages, [{ stage: 's', completed: 1, errors: 0, durationMs: 1, sizeBytes: 0 }])
})

test('a document is marked with its key, the version of the projection and the position', () => {
  const [commit] = recorded([envelope(message('item-found', { item: { mediaId: 'm' } }))])
  const place = { stream: 'l/b', position: 42, version: 1, recordedAt: '2024-05-01T12:00:00.000Z' }
  const steps =
    commit?.events.flatMap(event => crawl.routes(event, 'l/b').map(route => ({ route, event }))) ?? []
  assert.equal(
    steps.map(({ route }) => `${route.view} ${route.id}`),
    ['workflows l/b', 'locations l', 'workflows l/b', 'locations l', 'media l/b/m'],
  )
  for (const { route, event } of steps) {
    const { _id, v, position } = folded({ ...crawl, version: 7 }, route, undefined, event, place)
    assert.equal({ _id, v, position }, { _id: route.id, v: 7, position: 42 })
  }
})

test.run()

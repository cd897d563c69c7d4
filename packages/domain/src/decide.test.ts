import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decided, envelope, next } from './crawl.test-kit.js'
import type { CrawlEvent } from './events.js'
import { initialState } from './evolve.js'

const message = (type: string) => (fields: object) => ({ type, batchId: 'b', locationId: 'l', ...fields })
const newBatch = message('new-batch')
const stageComplete = message('stage-complete')
const error = message('error')
const complete = message('workflow-complete')
const found = (mediaId: string) => message('item-found')({ item: { mediaId } })
const progress = (value: number) => message('workflow-progress')({ progress: value })
const fatal = error({ error: { message: 'out of memory' }, fatal: true })

const started = (implicit = false) => ({ type: 'WorkflowStarted', data: { implicit } })

/** Given messages that were handled before, when another comes, it gives these events. */
const given = (...before: readonly object[]) => ({
  when: (raw: object) => ({
    gives: (...expected: readonly { type: CrawlEvent['type'] | string; data: object }[]) => {
      const state = before.map(envelope).reduce(next, initialState)
      assert.equal(
        decided(state, envelope(raw)).map(({ type, data }) => ({ type, data })),
        expected,
      )
    },
  }),
})

test('what is told of a location alone describes it, starts no workflow, and says what is new', () => {
  const location = (fields: object) => ({ type: 'location', locationId: 'l', ...fields })
  const [osaka, other] = [location({ countryCode: 'JP', location: { name: 'Osaka' } }), { name: 'Ōsaka' }]
  given()
    .when({ ...osaka, note: 'not a field of a location' })
    .gives({ type: 'LocationDescribed', data: { countryCode: 'JP', location: { name: 'Osaka' } } })
  given(osaka)
    .when({ ...osaka, id: 'again' })
    .gives()
  given(osaka)
    .when({ ...osaka, location: other })
    .gives({ type: 'LocationDescribed', data: { location: other } })
})

test('a new batch starts a workflow and describes it and its location, each with its own fields', () => {
  given()
    .when(newBatch({ queries: ['cat'], note: 1, countryCode: 'JP', location: { name: 'Osaka' } }))
    .gives(
      started(),
      { type: 'WorkflowDescribed', data: { queries: ['cat'], note: 1 } },
      { type: 'LocationDescribed', data: { countryCode: 'JP', location: { name: 'Osaka' } } },
    )
  given().when(newBatch({})).gives(started())
})

test('a second new batch tells only what is new or differs, whatever the order of its keys', () => {
  const geo = { latitude: 1, longitude: 2 }
  given(newBatch({ queries: ['cat'], geo }))
    .when(newBatch({ queries: ['cat'], geo: { longitude: 2, latitude: 1 } }))
    .gives()
  given(newBatch({ queries: ['cat'], geo }))
    .when(newBatch({ queries: ['dog'], geo }))
    .gives({ type: 'WorkflowDescribed', data: { queries: ['dog'] } })
})

test('a field that is named like something every object has is new all the same', () => {
  const odd = JSON.parse('{"__proto__":{},"constructor":1}')
  const raw = JSON.parse('{"type":"new-batch","batchId":"b","locationId":"l","__proto__":{},"constructor":1}')
  given(newBatch({})).when(raw).gives({ type: 'WorkflowDescribed', data: odd })
  given(raw).when(raw).gives()
})

test('what a workflow was never started with starts it, and a new batch then describes it', () => {
  const facts: readonly [object, ...string[]][] = [
    [found('m'), 'MediaFound'],
    [stageComplete({ stage: 's' }), 'StageCompleted'],
    [progress(10), 'ProgressReported'],
    [progress(0)],
    [error({ error: { message: 'x' } }), 'ErrorRecorded'],
    [fatal, 'ErrorRecorded', 'WorkflowFailed'],
    [complete({}), 'WorkflowCompleted'],
  ]
  for (const [raw, ...types] of facts) {
    const events = decided(initialState, envelope(raw))
    assert.equal(
      events.map(event => event.type),
      ['WorkflowStarted', ...types],
    )
    assert.equal(events[0]?.data, { implicit: true })
    given(raw)
      .when(newBatch({ queries: ['cat'] }))
      .gives({ type: 'WorkflowDescribed', data: { queries: ['cat'] } })
  }
})

test('every event has a version and the time of its message', () => {
  const at = '1993-07-31T14:00:00.000Z'
  for (const event of decided(initialState, envelope({ ...newBatch({ queries: [] }), at }))) {
    assert.is(event.at, at)
    assert.is(event.v, 1)
  }
})

test('a media item is found once; fields that are unknown go along', () => {
  const raw = message('item-found')({ item: { mediaId: 'm', author: 'x' }, source: 'y' })
  given(newBatch({}))
    .when(raw)
    .gives({ type: 'MediaFound', data: { item: { mediaId: 'm', author: 'x' }, source: 'y' } })
  given(raw).when(found('m')).gives()
  given(raw)
    .when(found('m2'))
    .gives({ type: 'MediaFound', data: { item: { mediaId: 'm2' } } })
})

test('a stage completes once for each media item, and once for the workflow', () => {
  const stage = (mediaId?: string) =>
    stageComplete({ stage: 's', ...(mediaId === undefined ? {} : { mediaId }) })
  given(stage('m')).when(stage('m')).gives()
  given(stage('m'))
    .when(stage('n'))
    .gives({ type: 'StageCompleted', data: { stage: 's', mediaId: 'n', wasEarly: true } })
  given(stage('m'))
    .when(stage())
    .gives({ type: 'StageCompleted', data: { stage: 's' } })
})

test('progress only rises, whichever message tells it', () => {
  const reported = (data: object) => ({ type: 'ProgressReported', data })
  given(progress(40)).when(progress(40)).gives()
  given(progress(40)).when(progress(39)).gives()
  given(progress(40))
    .when(progress(40.5))
    .gives(reported({ progress: 40.5 }))
  given(progress(40))
    .when(stageComplete({ stage: 's', progress: 30 }))
    .gives({ type: 'StageCompleted', data: { stage: 's' } })
  given(stageComplete({ stage: 's' }))
    .when(stageComplete({ stage: 's', progress: 50 }))
    .gives(reported({ progress: 50, stage: 's' }))
  given(complete({})).when(progress(100)).gives()
  given(newBatch({}))
    .when({ ...progress(1), stage: 's', note: 'theirs' })
    .gives(reported({ progress: 1, stage: 's', note: 'theirs' }))
})

test('an error is recorded each time, and fails its stage once, unless that is done', () => {
  const raw = error({ error: { message: 'x' }, stage: 's', mediaId: 'm', context: { a: 1 } })
  const recorded = {
    type: 'ErrorRecorded',
    data: { error: { message: 'x' }, stage: 's', mediaId: 'm', context: { a: 1 } },
  }
  const failed = { type: 'StageFailed', data: { attempt: 1, stage: 's', mediaId: 'm' } }
  const done = stageComplete({ stage: 's', mediaId: 'm' })
  given(newBatch({})).when(raw).gives(recorded, failed)
  given(raw).when(raw).gives(recorded)
  given(done).when(raw).gives(recorded)
  given(raw)
    .when(done)
    .gives({ type: 'StageCompleted', data: { stage: 's', mediaId: 'm', wasFailed: true, wasEarly: true } })
  given(raw, done).when(raw).gives(recorded)
})

test('a fatal error fails the workflow once, with its reason', () => {
  const recorded = { type: 'ErrorRecorded', data: { error: { message: 'out of memory' }, fatal: true } }
  given(newBatch({}))
    .when(fatal)
    .gives(recorded, { type: 'WorkflowFailed', data: { reason: 'out of memory' } })
  given(fatal).when(fatal).gives(recorded)
  given(complete({})).when(fatal).gives(recorded)
})

test('a workflow completes once, also after it failed', () => {
  const completed = (data: object) => ({ type: 'WorkflowCompleted', data })
  given(newBatch({}))
    .when(complete({ summary: { n: 1 } }))
    .gives(completed({ summary: { n: 1 }, from: 'active' }))
  given(fatal)
    .when(complete({}))
    .gives(completed({ from: 'failed' }))
  given(complete({}))
    .when(complete({ summary: 'again' }))
    .gives()
  given(newBatch({}))
    .when(complete({ from: 'a field of theirs' }))
    .gives(completed({ from: 'active' }))
})

test('late items after completion or failure count', () => {
  for (const end of [complete({}), fatal])
    given(end)
      .when(found('m'))
      .gives({ type: 'MediaFound', data: { item: { mediaId: 'm' } } })
})

test.run()

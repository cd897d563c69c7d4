import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { envelope, recorded } from './crawl.test-kit.js'
import type { Json, JsonObject } from './json.js'
import { noted } from './noted.js'
import {
  after,
  batch,
  errorOf,
  given,
  item,
  itemFound,
  newBatch,
  progressOf,
  shownAll,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'

// A wrong optional field never costs the message.

const notesOf = (raw: object): readonly string[] => envelope(raw).notes
const kept = (field: string): string => `${field} cannot be read and is kept under metadata.unreadable.`
const unreadable = (raw: object): Json | undefined => after(raw).workflow.context.metadata.unreadable

const wrong: { readonly [field: string]: readonly unknown[] } = {
  timestamp: ['yesterday', '2024-02-30', '2024-02-30T12:00:00.000Z', 1714564800000, {}, '+999999-01-01'],
  stage: [5, {}, ['control'], '', 'x'.repeat(201)],
  locationName: [5, {}, ['Osaka']],
  countryCode: ['jpn', 'Japan', 81, {}, []],
  completedStages: ['control', {}, [5], ['control', null], [{ stage: 'control' }]],
  metadata: ['text', 5, [1], true],
  errors: ['text', {}, [5], [{ stage: 'control' }], [{ error: 5 }], [{ error: 'x', timestamp: 'soon' }]],
  itemId: [{}, [], true, 'x'.repeat(201)],
  itemUrl: [5, {}, []],
  itemType: [5, {}, []],
}

test('a context field that cannot be read is kept, and a note names it', () => {
  for (const [field, values] of Object.entries(wrong))
    for (const value of values) {
      const raw = progressOf(batch({ [field]: value }))
      assert.equal(notesOf(raw), [kept(field)])
      assert.equal(unreadable(raw), { [field]: value } as JsonObject)
    }
})

test('a payload field that cannot be read is kept, and a note names it', () => {
  const cases: readonly (readonly [(context: object, payload: object) => object, string, unknown])[] = [
    [newBatch, 'queries', 'cat'],
    [newBatch, 'queries', ['cat', 5]],
    [newBatch, 'locationName', 5],
    [newBatch, 'countryCode', 'Japan'],
    [newBatch, 'coordinates', { lat: 91, lng: 0 }],
    [stageComplete, 'results', 'done'],
    [errorOf, 'fatal', 'yes'],
    [errorOf, 'stage', 5],
    [errorOf, 'timestamp', 'soon'],
  ]
  for (const [message, field, value] of cases) {
    const raw = message(batch(), { [field]: value, error: 'x' })
    assert.equal(notesOf(raw), [kept(field)])
    assert.equal(unreadable(raw), { [field]: value } as JsonObject)
  }
})

test('what cannot be read of an item found is the item’s', () => {
  const payload = { itemId: 'i', itemUrl: 5, itemType: ['video'] }
  for (const context of [batch(), item()]) {
    const raw = itemFound(context, payload)
    assert.equal(notesOf(raw), [kept('itemUrl'), kept('itemType')])
    assert.equal(after(raw).media().metadata, { unreadable: { itemUrl: 5, itemType: ['video'] } })
    assert.is(after(raw).workflow.context.metadata.unreadable, undefined)
  }
})

test('the same field wrong in context and payload is kept twice', () => {
  const raw = newBatch(batch({ countryCode: 'Japan' }), { countryCode: 81 })
  assert.equal(unreadable(raw), { countryCode: 'Japan', 'payload.countryCode': 81 })
  assert.equal(notesOf(raw), [kept('countryCode'), kept('payload.countryCode')])
})

test('what of a wrong list can be read counts', () => {
  const errors = [{ stage: 'control', error: 'x' }, 5]
  const { workflow, location } = told(
    newBatch(batch({ completedStages: ['control', 5], errors }), { queries: ['cat', null, 5, ' '] }),
  )
  assert.equal(workflow.completedStages, ['control'])
  assert.equal(workflow.errorCount, 1)
  assert.equal(location.metadata.queries, ['cat'])
})

test('null is absent, everywhere at the top', () => {
  const nulls = Object.fromEntries([...Object.keys(wrong), 'query', 'other'].map(field => [field, null]))
  const { batchId, locationId } = batch() as Record<string, unknown>
  for (const type of ['new_batch', 'stage_complete', 'workflow_progress', 'error']) {
    const bare = { type, context: { batchId, locationId }, payload: { error: 'x' } }
    const none = {
      results: null,
      queries: null,
      fatal: null,
      stage: null,
      timestamp: null,
      locationName: null,
    }
    const full = { type, context: { ...nulls, batchId, locationId }, payload: { ...none, error: 'x' } }
    assert.equal(notesOf(full), [])
    assert.is(shownAll(recorded([envelope(full)])), shownAll(recorded([envelope(bare)])))
  }
  const metadata = { a: null, coordinates: null, plan: null }
  assert.equal(after(progressOf(batch({ metadata }))).workflow.context.metadata, {})
})

test('null inside a value stays', () => {
  const metadata = { a: { b: null }, c: [null] }
  assert.equal(after(progressOf(batch({ metadata }))).workflow.context.metadata, metadata)
})

test('what is plain is normalised, and needs no note', () => {
  const raw = newBatch(batch({ timestamp: ' 2024-05-01 14:00:00+02:00 ', countryCode: ' jp ' }))
  assert.equal(notesOf(raw), [])
  const { workflow, location } = told(raw)
  assert.equal([workflow.createdAt, workflow.countryCode, location.countryCode], [time(0), 'JP', 'JP'])
})

test('an item type that nobody knows is kept as it is and counts as other', () => {
  const raw = itemFound(batch(), { itemId: 'i', itemUrl: 'u', itemType: 'reel' })
  assert.equal(notesOf(raw), [])
  const { media, location } = told(raw)
  assert.is(media().itemType, 'reel')
  assert.equal(location.itemTypes, { video: 0, image: 0, post: 0, other: 1 })
})

test('NaN is kept as null, and a note says where it was', () => {
  const raw = stageComplete(batch({ stage: 'control' }), {
    results: { size: Number.NaN, a: { b: Infinity } },
  })
  assert.equal(notesOf(raw), [
    'payload.results.a.b: Infinity is kept as null.',
    'payload.results.size: NaN is kept as null.',
  ])
  assert.equal(told(raw).workflow.context.metadata, { a: { b: null } })
})

test('an error that is told by something else than a text is told by its JSON', () => {
  const errorTold = (payload: unknown) =>
    told(errorOf(batch({ stage: 'control' }), payload)).workflow.errors[0]?.error
  assert.is(errorTold({ error: { b: 1, a: 2 } }), '{"a":2,"b":1}')
  assert.is(errorTold({ error: 5 }), '5')
  assert.is(errorTold({}), 'null')
  assert.is(errorTold('no answer'), 'no answer')
  assert.is(errorTold(undefined), 'null')
})

test('a payload that is no object is kept with the fact', () => {
  for (const payload of ['text', 5, true, ['a']])
    for (const message of [newBatch, stageComplete, itemFound]) {
      const reports = recorded([envelope(message(item(), payload))])
        .flatMap(({ events }) => events)
        .flatMap(({ data }) => ('report' in data ? [data.report] : []))
      assert.equal(reports, [payload])
    }
})

test('a plan with a part that is empty or a stage that is there twice is ignored, and a note says so', () => {
  const sentence =
    'metadata.plan is ignored: each part needs a stage, no stage may be there twice, and 200 are the most.'
  for (const plan of [
    { batch: [], item: ['a'] },
    { batch: ['a'], item: ['a'] },
    { batch: ['a'], item: ['b', 'b'] },
    { batch: ['a'] },
    { batch: ['a'], item: [5] },
    { batch: 'a', item: ['b'] },
    'a, b',
  ]) {
    const raw = newBatch(batch({ metadata: { plan } }))
    assert.equal(notesOf(raw), [sentence])
    assert.is(told(raw).workflow.currentStage, 'find-location')
  }
  assert.equal(notesOf(newBatch(batch({ metadata: { plan: { batch: ['a'], item: ['b'] } } }))), [])
})

test('a time far in the future is taken as it is, and a note names it', () => {
  const { body } = envelope(newBatch(batch({ timestamp: time(24 * 60 + 1) })))
  assert.equal(noted(body, time(0)), [
    `context.timestamp is more than a day in the future (${time(24 * 60 + 1)}).`,
  ])
  assert.equal(noted(body, time(1)), [])
  assert.equal(noted(envelope(newBatch(batch({ timestamp: 'never' }))).body, time(0)), [])
})

test('an address that is known under a derived id and comes under another is two items, and a note says so', () => {
  const derived = itemFound(batch(), { itemUrl: 'u', itemType: 'video' })
  const { itemId } = envelope(derived).body
  const named = itemFound(batch(), { itemId: 'mine', itemUrl: 'u', itemType: 'video' })
  given(derived)
    .when(named)
    .notes(`The address of item mine is known under ${itemId}, too: these are two items.`)
  given(derived).when(derived).notes()
  given(named).when(named).notes()
  assert.is(told(derived, named).workflow.items.found, 2)
})

test.run()

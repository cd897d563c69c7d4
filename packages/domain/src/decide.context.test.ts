import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  batch,
  given,
  item,
  itemFound,
  newBatch,
  progressOf,
  saveLocation,
  saveMediaItem,
  stageComplete,
  time,
  told,
} from './told.test-kit.js'

// Rule 2, of metadata, queries and location facts: a context is compared with what is known.

const at = (minutes: number | undefined, fields: object = {}): object =>
  batch({ timestamp: minutes === undefined ? undefined : time(minutes), ...fields })

const metadataOf = (...contexts: readonly object[]) =>
  told(...contexts.map(one => progressOf(one))).workflow.context.metadata

test('of two values of a key the one with the later timestamp stays', () => {
  const [old, late] = [at(1, { metadata: { a: 'z', b: 1 } }), at(2, { metadata: { a: 'a', c: 2 } })]
  assert.equal(metadataOf(old, late), { a: 'a', b: 1, c: 2 })
})

test('at equal timestamps the one with the larger canonical text stays', () => {
  assert.equal(metadataOf(at(1, { metadata: { a: 'a' } }), at(1, { metadata: { a: 'b' } })), { a: 'b' })
  assert.equal(metadataOf(at(1, { metadata: { a: 10 } }), at(1, { metadata: { a: 9 } })), { a: 9 })
  // By code unit an emoji comes before U+FB33.
  assert.equal(metadataOf(at(1, { metadata: { a: '\ufb33' } }), at(1, { metadata: { a: '😀' } })), {
    a: '\ufb33',
  })
  const [x, y] = [
    { b: 1, a: 2 },
    { a: 1, c: 9 },
  ]
  assert.equal(metadataOf(at(1, { metadata: { a: x } }), at(1, { metadata: { a: y } })), { a: x })
})

test('timestamps are compared as instants', () => {
  const noon = at(0, { timestamp: '2024-05-01T14:00:00+02:00', metadata: { a: 1 } })
  assert.equal(metadataOf(noon, at(1, { metadata: { a: 0 } })), { a: 0 })
})

test('a context without a readable timestamp counts as before all others, and two of them are equal in time', () => {
  const none = at(undefined, { metadata: { a: 'z' } })
  const unreadable = at(0, { timestamp: '2024-02-30', metadata: { a: 'y' } })
  assert.equal(metadataOf(none, at(1, { metadata: { a: 'a' } })), { a: 'a' })
  assert.equal(metadataOf(none, at(undefined, { metadata: { a: 'y' } })), { a: 'z' })
  const { unreadable: kept, ...rest } = metadataOf(none, unreadable)
  assert.equal([rest, kept], [{ a: 'z' }, { timestamp: '2024-02-30' }])
})

test('absent and null say nothing and remove nothing', () => {
  assert.equal(
    metadataOf(at(1, { metadata: { a: 1 } }), at(2, { metadata: { a: null } }), at(3, { metadata: {} })),
    {
      a: 1,
    },
  )
})

test('that a known value was told again, later, is news: its name and not the value', () => {
  given(progressOf(at(1, { metadata: { a: 1, b: 1 } })))
    .when(progressOf(at(2, { metadata: { a: 1 } })))
    .gives({ type: 'ContextUpdated', data: { again: ['metadata.a'] } })
  given(progressOf(at(1, { metadata: { a: 1, b: 1 } })))
    .when(progressOf(at(2, { metadata: { a: 1, b: 1 } })))
    .gives({ type: 'ContextUpdated', data: { again: '*' } })
  given(progressOf(at(2, { metadata: { a: 1 } })))
    .when(progressOf(at(1, { metadata: { a: 1 } })))
    .gives({ type: 'ContextUpdated', data: {} })
  assert.equal(
    metadataOf(at(1, { metadata: { a: 1 } }), at(3, { metadata: { a: 1 } }), at(2, { metadata: { a: 2 } })),
    { a: 1 },
  )
})

test('only what is new of a context is recorded', () => {
  given(progressOf(at(1, { metadata: { a: 1, b: 1 }, query: 'cat' })))
    .when(progressOf(at(1, { metadata: { a: 1, b: 2, c: 3 }, query: 'cat' })))
    .gives({ type: 'ContextUpdated', data: { metadata: { b: 2, c: 3 } } })
})

test('results replace what their own context carries under the same key, and that is one telling', () => {
  const message = stageComplete(at(1, { metadata: { a: 'z', b: 1 } }), { results: { a: 'a', c: null } })
  assert.equal(told(message).workflow.context.metadata, { a: 'a', b: 1 })
})

test('fields that nobody knows, an item’s address and its type go by the same rule', () => {
  const found = (minutes: number, itemUrl: string, itemType: string) =>
    itemFound(at(minutes, { query: itemUrl }), { itemId: 'i', itemUrl, itemType })
  const { media, workflow, location } = told(found(2, 'a', 'image'), found(1, 'z', 'video'))
  assert.equal([media().itemUrl, media().itemType, workflow.context.query], ['a', 'image', 'a'])
  assert.equal(location.itemTypes, { video: 0, image: 1, post: 0, other: 0 })
})

test('the queries in an item’s context are the batch’s, copied; its results are its own', () => {
  const queries = { inputQueries: ['cat'], queries: ['dog'], generatedQueries: ['cat cafe'] }
  const { media, workflow } = told(
    stageComplete(item({ metadata: { ...queries, a: 1 } }), { results: { queries: ['own'] } }),
  )
  assert.equal(media().metadata, { a: 1, queries: ['own'] })
  assert.equal(workflow.context.metadata, {})
})

test('a location’s queries are those of any context and of a new batch’s payload, and not of results', () => {
  const { location } = told(
    newBatch(at(3), { queries: ['payload'] }),
    progressOf(item({ timestamp: time(1), metadata: { inputQueries: ['input', 'again'] } })),
    progressOf(at(2, { metadata: { queries: ['again', 'early'], generatedQueries: ['made'] } })),
    stageComplete(at(0), { results: { inputQueries: ['result'], queries: ['result'] } }),
  )
  assert.equal(location.metadata.queries, ['again', 'input', 'early', 'payload'])
})

test('of queries the earliest timestamp that brought each counts, then the text', () => {
  const query = (minutes: number | undefined, ...inputQueries: readonly string[]) =>
    progressOf(at(minutes, { metadata: { inputQueries } }))
  const { location } = told(query(2, 'b', 'a'), query(1, 'b'), query(3, 'c'), query(undefined, 'z', 'c'))
  assert.equal(location.metadata.queries, ['c', 'z', 'b', 'a'])
})

const name = (locationName: string): object => ({ locationName })

test('a fact of a location that is told beats one that is carried', () => {
  for (const message of [
    newBatch(at(0, name('told'))),
    newBatch(at(0, name('context')), name('told')),
    saveLocation(at(0, name('told'))),
    stageComplete(at(0, name('z')), { results: name('told') }),
  ]) {
    const { location, workflow } = told(
      message,
      progressOf(at(9, name('carried'))),
      progressOf(at(undefined, name('z'))),
    )
    assert.equal([location.locationName, workflow.locationName], ['told', 'told'])
    assert.is(workflow.context.locationName, 'told')
  }
})

test('of told facts the latest stays, of carried ones the earliest, then the larger text', () => {
  const first = (...raws: readonly object[]) => told(...raws).location.locationName
  assert.is(first(saveLocation(at(1, name('z'))), saveLocation(at(2, name('a')))), 'a')
  assert.is(first(saveLocation(at(1, name('a'))), saveLocation(at(1, name('b')))), 'b')
  assert.is(first(progressOf(at(1, name('a'))), progressOf(at(2, name('z')))), 'a')
  assert.is(first(progressOf(at(1, name('a'))), progressOf(at(1, name('b')))), 'b')
  assert.is(first(progressOf(at(1, name('z'))), progressOf(at(undefined, name('a')))), 'a')
})

test('each fact goes by itself, and a workflow has name and country of its own', () => {
  const coordinates = { lat: 34.7, lng: 135.5 }
  const { location, workflow } = told(
    newBatch(at(1, { countryCode: 'jp', metadata: { coordinates } }), name('Osaka')),
    saveLocation(at(2, { countryCode: 'gb' })),
  )
  assert.equal([location.locationName, location.countryCode], ['Osaka', 'GB'])
  assert.equal(location.metadata.coordinates, coordinates)
  assert.equal([workflow.locationName, workflow.countryCode], ['Osaka', 'GB'])
  assert.equal(workflow.context.metadata, { coordinates })
})

test('an item’s context carries facts of its location, too', () => {
  const context = item({ ...name('Osaka'), itemUrl: 'u', metadata: { coordinates: { lat: 1, lng: 2 } } })
  assert.is(told(progressOf(context)).location.locationName, 'Osaka')
  assert.equal(told(progressOf(context)).location.metadata, { coordinates: { lat: 1, lng: 2 } })
  // Saves of a media item tell of the item and not of the location.
  const { location } = told(saveMediaItem({ ...context, ...name('z') }), saveLocation(at(0, name('Osaka'))))
  assert.is(location.locationName, 'Osaka')
})

test('an item’s duration and size are those told under these names, else its media info’s', () => {
  const media = (...all: readonly object[]) =>
    told(...all.map((metadata, minutes) => progressOf(item({ timestamp: time(minutes), metadata })))).media()
      .metadata
  assert.equal(media({ mediaInfo: { duration: 5, size: 7 } }), {
    mediaInfo: { duration: 5, size: 7 },
    duration: 5,
    size: 7,
  })
  assert.equal(media({ size: 1 }, { mediaInfo: { size: 7 } }), { mediaInfo: { size: 7 }, size: 1 })
  assert.equal(media({ mediaInfo: { size: 7, duration: null } }, { mediaInfo: 'none' }), {
    mediaInfo: 'none',
  })
})

test.run()

import { decodeMessage, type JsonObject } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Description } from './location.js'
import { messagesOf } from './messages-of.js'
import type { OldCollection } from './old-document.js'
import { geoOf, statusOf, timeOf } from './values.js'

const test = suite('messages of old documents')

/** The messages without their ids, each of which must be one that the log takes. */
const told = (collection: OldCollection, document: object, description?: Description): readonly object[] => {
  const messages = messagesOf(collection, document, description)
  if (E.isLeft(messages)) throw new Error(messages.left.reason)
  return messages.right.map(({ id, batchId, locationId, ...rest }) => {
    assert.match(String(id), /^imported-[0-9a-f]{64}$/)
    assert.equal([locationId, batchId], ['l', 'b'])
    const decoded = decodeMessage({ ...rest, id, batchId, locationId }, '2024-01-01T00:00:00.000Z')
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    return rest
  })
}

const reason = (collection: OldCollection, document: object): string | undefined => {
  const messages = messagesOf(collection, document)
  return E.isLeft(messages) ? messages.left.reason : undefined
}

const at = '2024-05-01T12:00:00.000Z'
const later = '2024-05-01T13:00:00.000Z'

test('times, places and words as they were written', () => {
  for (const value of [at, '2024-05-01T12:00:00', '2024-05-01T14:00:00+02:00', 1714564800000, 1714564800])
    assert.is(timeOf(value), at)
  assert.is(timeOf('1714564800000'), at)
  for (const value of ['yesterday', '', null, {}, 1e300]) assert.is(timeOf(value), undefined)
  const here = { latitude: 34.7, longitude: 135.5 }
  for (const value of [
    here,
    { lat: 34.7, lng: '135.5' },
    { type: 'Point', coordinates: [135.5, 34.7] },
    { lat: 34.7, lon: 135.5 },
  ])
    assert.equal(geoOf(value), here)
  for (const value of [null, [135.5, 34.7], { lat: 1 }, { lat: 91, lng: 0 }, { type: 'Point' }])
    assert.is(geoOf(value), undefined)
  assert.equal(['Complete', 'RUNNING', 'error', true, 'paused', 3].map(statusOf), [
    'completed',
    'open',
    'failed',
    'completed',
    undefined,
    undefined,
  ])
})

test('a completed workflow, with its stages and errors', () => {
  const messages = told('workflows', {
    _id: 'l/b',
    status: 'complete',
    progress: '80%',
    countryCode: 'jp',
    queries: 'park',
    geo: { type: 'Point', coordinates: [135.5, 34.7] },
    stages: { download: { status: 'completed', durationMs: 5, host: 'h' }, analyse: { status: 'running' } },
    createdAt: new Date(at),
    completedAt: Date.parse(later),
    errors: [{ message: 'x', code: 7, timestamp: at, retries: 1 }, 'y', null],
    summary: { items: 2 },
    mediaItems: 2,
    type: 'nightly',
  })
  assert.equal(messages, [
    {
      type: 'new-batch',
      at,
      countryCode: 'JP',
      queries: ['park'],
      geo: { latitude: 34.7, longitude: 135.5 },
      stages: ['download', 'analyse'].sort(),
      mediaItems: 2,
      old: { type: 'nightly', stages: { analyse: { status: 'running' } } },
    },
    { type: 'stage-complete', stage: 'download', processing: { durationMs: 5 }, host: 'h' },
    { type: 'workflow-progress', progress: 80 },
    { type: 'error', at, error: { message: 'x', code: '7', retries: 1 } },
    { type: 'error', error: { message: 'y' } },
    { type: 'workflow-complete', at: later, summary: { items: 2 } },
  ])
})

test('a failed workflow ends with its last error, or with one that says that none was kept', () => {
  const ends = (document: object) => told('workflows', { _id: 'l/b', ...document }).slice(1)
  assert.equal(ends({ status: 'failed', errors: ['x', 'y'] }), [
    { type: 'error', error: { message: 'x' } },
    { type: 'error', error: { message: 'y' }, fatal: true },
  ])
  assert.equal(ends({ status: 'error', error: { message: 'z' }, updatedAt: at }), [
    { type: 'error', at, error: { message: 'z' }, fatal: true },
  ])
  assert.equal(ends({ failedAt: at }), [
    { type: 'error', at, error: { message: 'The workflow failed; its error was not kept.' }, fatal: true },
  ])
})

test('what is not understood is kept, and an open workflow stays open', () => {
  const odd = {
    _id: '662f9c3a5f1b2c0012345678',
    locationId: 'l',
    batchId: 'b',
    status: 'paused',
    progress: 'half',
    countryCode: 'Japan',
    geo: 'north',
    queries: [{ q: 1 }],
    stages: ['a/b'],
    createdAt: 'yesterday',
    at: 'noon',
    location: { name: 7 },
    expectedItems: -1,
  }
  assert.equal(told('workflows', odd), [
    {
      type: 'new-batch',
      _id: odd._id,
      status: 'paused',
      progress: 'half',
      createdAt: 'yesterday',
      old: {
        countryCode: 'Japan',
        geo: 'north',
        queries: [{ q: 1 }],
        stages: ['a/b'],
        at: 'noon',
        location: { name: 7 },
        expectedItems: -1,
      },
    },
  ])
})

test('a workflow takes along what its location says', () => {
  const description = { locationId: 'l', countryCode: 'JP', location: { name: 'Osaka', area: 1 } }
  assert.equal(told('workflows', { batchId: 'b', locationId: 'l', location: 'Ōsaka' }, description), [
    {
      type: 'new-batch',
      countryCode: 'JP',
      location: { name: 'Ōsaka', area: 1 },
      old: { ofLocation: { location: { name: 'Osaka' } } },
    },
  ])
  assert.equal(told('workflows', { batchId: 'b', locationId: 'l', country: 'kr' }, description), [
    {
      type: 'new-batch',
      countryCode: 'KR',
      location: description.location,
      old: { ofLocation: { countryCode: 'JP' } },
    },
  ])
})

test('a media item, with stages in every form', () => {
  assert.equal(
    told('media', {
      _id: 'l/b/m',
      type: 'photo',
      url: 'u',
      foundAt: at,
      status: 'ready',
      author: { name: 'a' },
      stages: {
        download: { completed: true, completedAt: later, size: 7, processing: { durationMs: 5, gpu: 1 } },
        resize: 'done',
        analyse: { status: 'failed', error: 'no answer', failedAt: later, tries: 3 },
        publish: { status: 'pending' },
      },
      stage_tag: { status: 'failed' },
      error: { message: 'e', stage: 'fetch' },
    }),
    [
      {
        type: 'item-found',
        at,
        item: {
          mediaId: 'm',
          kind: 'photo',
          url: 'u',
          status: 'ready',
          author: { name: 'a' },
          old: { stages: { publish: { status: 'pending' } } },
        },
      },
      {
        type: 'error',
        at: later,
        stage: 'analyse',
        mediaId: 'm',
        error: { message: 'no answer' },
        context: { tries: 3 },
      },
      {
        type: 'stage-complete',
        at: later,
        stage: 'download',
        mediaId: 'm',
        processing: { durationMs: 5, sizeBytes: 7, gpu: 1 },
      },
      { type: 'stage-complete', stage: 'resize', mediaId: 'm' },
      {
        type: 'error',
        stage: 'tag',
        mediaId: 'm',
        error: { message: 'The stage tag failed; its error was not kept.' },
      },
      { type: 'error', at, stage: 'fetch', mediaId: 'm', error: { message: 'e' } },
    ],
  )
})

test('a document without names that can be read is left, with the reason', () => {
  const name = /is not a text of 1 to 200 characters without "\/"/
  assert.is(reason('workflows', {}), 'locationId is missing, and _id does not hold it')
  assert.is(
    reason('workflows', { _id: 'x', batchId: 'b' }),
    'locationId is missing, and _id does not hold it',
  )
  assert.match(String(reason('workflows', { locationId: 'a/b', batchId: 'c' })), name)
  assert.match(String(reason('media', { _id: 'l/b/m', batchId: 'x'.repeat(201) })), name)
  assert.match(String(reason('media', { locationId: 'l', batchId: 'void:', mediaId: 'm' })), name)
  assert.is(
    reason('media', { mediaId: 'm', locationId: 'l' }),
    'batchId is missing, and _id does not hold it',
  )
  assert.is(reason('locations', { locationId: '' }), 'locationId is missing, and _id does not hold it')
  assert.match(String(reason('media', { _id: 'l/b/m', size: Number.NaN })), /a number that is not finite/)
  assert.is(reason('workflows', { _id: 'b', locationId: 7 }), undefined)
})

test('ids depend on the key and not on the contents', () => {
  const ids = (document: object) => {
    const messages = messagesOf('media', { _id: 'l/b/m', ...document })
    return E.isLeft(messages) ? [] : messages.right.map(({ id }: JsonObject) => id)
  }
  const first = ids({ stages: { a: 'done', b: 'done' } })
  assert.is(new Set(first).size, 3)
  assert.equal(ids({ stages: { b: { status: 'done' } }, url: 'u' }), [first[0], first[2]])
})

test.run()

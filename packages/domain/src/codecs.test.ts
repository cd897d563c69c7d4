import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { envelope, receivedAt, refused } from './crawl.test-kit.js'

const common = { batchId: 'b', locationId: 'l' }
const newBatch = { ...common, type: 'new-batch' }
const itemFound = { ...common, type: 'item-found', item: { mediaId: 'm' } }
const stageComplete = { ...common, type: 'stage-complete', stage: 's' }
const progress = { ...common, type: 'workflow-progress', progress: 50 }
const error = { ...common, type: 'error', error: { message: 'x' } }
const complete = { ...common, type: 'workflow-complete' }

const name =
  'a text of 1 to 200 characters without "/" or control characters that does not begin with "void:"'

test('what each message must not hold: the path, and words for a person', () => {
  const cases: readonly (readonly [raw: object, path: string, words: string])[] = [
    [{ type: 'new-batch', locationId: 'l' }, 'batchId', `expected ${name}, it is missing`],
    [{ ...newBatch, locationId: 7 }, 'locationId', `expected ${name}, got 7`],
    [{ ...newBatch, id: '' }, 'id', `expected ${name}, got ""`],
    [
      { ...newBatch, countryCode: 'jp' },
      'countryCode',
      'expected a country code of two capital letters (ISO 3166-1 alpha-2), got "jp"',
    ],
    [{ ...newBatch, queries: 'cat' }, 'queries', 'expected a list, got "cat"'],
    [{ ...newBatch, queries: ['cat', 1] }, 'queries[1]', 'expected a text, got 1'],
    [
      { ...newBatch, geo: { latitude: 91, longitude: 0 } },
      'geo.latitude',
      'expected a number from -90 to 90, got 91',
    ],
    [
      { ...newBatch, geo: { latitude: 0, longitude: '0' } },
      'geo.longitude',
      'expected a number from -180 to 180, got "0"',
    ],
    [{ ...newBatch, geo: {} }, 'geo.latitude', 'expected a number from -90 to 90, it is missing'],
    [{ ...newBatch, location: [] }, 'location', 'expected an object, got []'],
    [{ ...newBatch, location: { name: 1 } }, 'location.name', 'expected a text, got 1'],
    [{ ...newBatch, stages: ['ok', 'a/b'] }, 'stages[1]', `expected ${name}, got "a/b"`],
    [{ ...newBatch, expectedItems: 1.5 }, 'expectedItems', 'expected a whole number of 0 or more, got 1.5'],
    [{ ...itemFound, item: undefined }, 'item', 'expected an object, it is missing'],
    [{ ...itemFound, item: {} }, 'item.mediaId', `expected ${name}, it is missing`],
    [{ ...itemFound, item: { mediaId: 'm', url: 1 } }, 'item.url', 'expected a text, got 1'],
    [{ ...stageComplete, stage: undefined }, 'stage', `expected ${name}, it is missing`],
    [{ ...stageComplete, mediaId: null }, 'mediaId', `expected ${name}, got null`],
    [{ ...stageComplete, progress: -1 }, 'progress', 'expected a number from 0 to 100, got -1'],
    [{ ...stageComplete, processing: 1 }, 'processing', 'expected an object, got 1'],
    [
      { ...stageComplete, processing: { durationMs: -1 } },
      'processing.durationMs',
      'expected a number of 0 or more, got -1',
    ],
    [
      { ...stageComplete, processing: { sizeBytes: 2 ** 53 } },
      'processing.sizeBytes',
      'expected a number of 0 or more, got 9007199254740992',
    ],
    [{ ...progress, progress: 100.1 }, 'progress', 'expected a number from 0 to 100, got 100.1'],
    [{ ...progress, progress: undefined }, 'progress', 'expected a number from 0 to 100, it is missing'],
    [{ ...error, error: 'x' }, 'error', 'expected an object, got "x"'],
    [{ ...error, error: { code: 'x' } }, 'error.message', 'expected a text, it is missing'],
    [{ ...error, fatal: 'yes' }, 'fatal', 'expected true or false, got "yes"'],
    [{ ...error, context: [] }, 'context', 'expected an object, got []'],
    [
      { ...complete, at: 'yesterday' },
      'at',
      'expected an ISO 8601 time such as "2024-05-01T12:00:00Z", got "yesterday"',
    ],
  ]
  for (const [raw, path, words] of cases)
    assert.equal(refused(raw), { code: 'invalid', message: `${path}: ${words}.`, path })
})

test('a value is shown in short', () => {
  assert.ok(refused({ ...itemFound, item: { mediaId: 'x'.repeat(1000) } }).message.length < 200)
})

test('names become parts of keys, so some are refused', () => {
  const bad = ['', '/', 'a/b', 'a\0', 'a\n', '\u007f', '\u0085', 'void:', 'void:1', 'x'.repeat(201)]
  for (const field of ['batchId', 'locationId', 'id'])
    for (const value of bad) assert.is(refused({ ...newBatch, [field]: value }).path, field)
  for (const value of [' ', 'avoid:', 'Void:', '東京', '__proto__', '$a.b', 'x'.repeat(200)])
    assert.is(envelope({ ...newBatch, locationId: value }).body.locationId, value)
})

test('`at` becomes one form of time, the same on every server; without one it is when it was received', () => {
  const at = (text: unknown) => envelope({ ...newBatch, at: text }).at
  assert.is(at('2024-05-01T12:00:00.123456Z'), '2024-05-01T12:00:00.123Z')
  assert.is(at('2024-05-01T12:00:00+02:00'), '2024-05-01T10:00:00.000Z')
  assert.is(at('2024-05-01T12:00+0200'), '2024-05-01T10:00:00.000Z')
  assert.is(at('2024-05-01'), '2024-05-01T00:00:00.000Z')
  assert.is(at('-000001-01-01'), '-000001-01-01T00:00:00.000Z')
  assert.is(at(new Date(0)), '1970-01-01T00:00:00.000Z')
  assert.is(at(undefined), receivedAt)
  const zone = process.env.TZ
  process.env.TZ = 'Asia/Tokyo'
  try {
    assert.is(
      at('2024-05-01T12:00:00'),
      '2024-05-01T12:00:00.000Z',
      'a time without a zone is not local time',
    )
  } finally {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  }
  // Date.parse would take these for years of its own choice, in local time.
  for (const text of [
    '-0001-01-01',
    '-000000-01-01',
    '12024-01-01',
    '+2024-01-01',
    '2024-13-01',
    '05/01/2024',
    'T12:00',
  ])
    assert.is(refused({ ...newBatch, at: text }).path, 'at')
})

test.run()

import type { Ledger, LocationDocument, MediaDocument } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { byLocation, readItems, readLocations, totalsOf } from './totals.js'

const test = suite('totals')

const document = (locationId: string, totalMediaItems: number): LocationDocument => ({
  _id: locationId,
  v: 1,
  position: 1,
  locationId,
  totalMediaItems,
  activeWorkflows: 1,
  completedWorkflows: 2,
  failedWorkflows: 3,
  totalWorkflows: 6,
  itemTypes: { video: totalMediaItems, image: 0, post: 0, other: 0 },
  errorCount: 4,
  stages: [],
  metadata: { queries: ['sunset', 'belem'] },
  recordedAt: '2024-05-11T06:00:00.000Z',
  _facts: {},
  _queryTimes: [null, null],
})

const view = (documents: readonly LocationDocument[]): Ledger['locations'] => ({
  get: async id => documents.find(each => each._id === id),
  list: async ({ limit = 100, after = '' } = {}) =>
    documents.filter(each => each._id > after).slice(0, limit),
})

const none = { bytes: 0, analysed: 0 }

test('all pages are read, most media items first, equal ones by name', async () => {
  const ids = Array.from({ length: 2000 }, (_, i) => `l${String(i).padStart(4, '0')}`)
  const rows = await readLocations(view(ids.map((id, i) => document(id, i % 2))))
  assert.is(rows.length, 2000)
  assert.equal(
    [0, 1, 999, 1000].map(i => rows[i]?.id),
    ['l0001', 'l0003', 'l1999', 'l0000'],
  )
  assert.is(totalsOf(rows, none).mediaItems, 1000)
})

test('totals are the sums of the locations', async () => {
  const rows = await readLocations(view([document('a', 5), document('b', 6)]))
  assert.equal(totalsOf(rows, { bytes: 7, analysed: 3 }), {
    locations: 2,
    workflows: 12,
    activeWorkflows: 2,
    completedWorkflows: 4,
    failedWorkflows: 6,
    mediaItems: 11,
    errors: 8,
    video: 11,
    image: 0,
    post: 0,
    bytes: 7,
    analysed: 3,
  })
  assert.equal(totalsOf([], none).workflows, 0)
})

const item = (id: string, metadata: MediaDocument['metadata']): MediaDocument => ({
  _id: `l/b/${id}`,
  v: 1,
  position: 1,
  itemId: id,
  locationId: 'l',
  batchId: 'b',
  recordedAt: '2024-05-11T06:00:00.000Z',
  metadata,
  status: 'active',
  currentStage: 'prep-media',
  completedStages: [],
  stages: [],
  errorCount: 0,
  errors: [],
  _told: [],
})

test('of the items only numbers are sizes, and any result is one', async () => {
  const items = [
    item('1', { size: 5, analysisResults: false }),
    item('2', { size: '6' }),
    item('3', { size: 7.5, analysisResults: {} }),
    item('4', { mediaInfo: { size: 9 } }),
  ]
  assert.equal(await readItems({ get: async () => undefined, list: async () => items }), {
    bytes: 12.5,
    analysed: 2,
  })
})

test('the counters by location hold nothing else, under any name', async () => {
  const named = { ...document('__proto__', 5), countryCode: 'PT', locationName: 'Torre de Belém' }
  const rows = await readLocations(view([named]))
  assert.is(
    JSON.stringify(byLocation(rows)),
    '{"__proto__":{"totalMediaItems":5,"activeWorkflows":1,"completedWorkflows":2,"failedWorkflows":3,"errors":4,"queries":["belem","sunset"]}}',
  )
})

test.run()

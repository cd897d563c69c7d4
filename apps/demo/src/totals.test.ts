import type { Ledger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { byLocation, readLocations, totalsOf } from './totals.js'

const test = suite('totals')

type LocationDocument = Awaited<ReturnType<Ledger['locations']['list']>>[number]

const document = (locationId: string, totalMediaItems: number): LocationDocument => ({
  _id: locationId,
  v: 1,
  position: 1,
  locationId,
  totalMediaItems,
  activeWorkflows: 1,
  completedWorkflows: 2,
  failedWorkflows: 3,
  errorCount: 4,
  stages: [],
  updatedAt: '2024-05-11T06:00:00.000Z',
})

const view = (documents: readonly LocationDocument[]): Ledger['locations'] => ({
  get: async id => documents.find(each => each._id === id),
  list: async ({ limit = 100, after = '' } = {}) =>
    documents.filter(each => each._id > after).slice(0, limit),
})

test('all pages are read, most media items first, equal ones by name', async () => {
  const ids = Array.from({ length: 2000 }, (_, i) => `l${String(i).padStart(4, '0')}`)
  const rows = await readLocations(view(ids.map((id, i) => document(id, i % 2))))
  assert.is(rows.length, 2000)
  assert.equal(
    [0, 1, 999, 1000].map(i => rows[i]?.id),
    ['l0001', 'l0003', 'l1999', 'l0000'],
  )
  assert.is(totalsOf(rows).mediaItems, 1000)
})

test('totals are the sums of the locations', async () => {
  const rows = await readLocations(view([document('a', 5), document('b', 6)]))
  assert.equal(totalsOf(rows), {
    locations: 2,
    workflows: 12,
    activeWorkflows: 2,
    completedWorkflows: 4,
    failedWorkflows: 6,
    mediaItems: 11,
    errors: 8,
  })
  assert.equal(totalsOf([]).workflows, 0)
})

test('the counters by location hold nothing else, under any name', async () => {
  const named = { ...document('__proto__', 5), countryCode: 'PT', location: { name: 'Torre de Belém' } }
  const rows = await readLocations(view([named]))
  assert.is(
    JSON.stringify(byLocation(rows)),
    '{"__proto__":{"totalMediaItems":5,"activeWorkflows":1,"completedWorkflows":2,"failedWorkflows":3,"errors":4}}',
  )
})

test.run()

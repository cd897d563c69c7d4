import { randomMessages } from '@crawl-ledger/testing'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, envelope, recorded } from './crawl.test-kit.js'
import type { CrawlEvent, Fact, StoredEvent } from './events.js'
import type { JsonObject } from './json.js'
import { currentVersion, EventTooNew, eventTypes, lift, UnknownEvent } from './upcast.js'
import { v1Types } from './upcast-v1.js'
import { v1Events } from './v1-events.test-kit.js'

const at = '2024-05-01T12:00:00.000Z'

const lifted = (stored: Omit<StoredEvent, 'message'>): readonly CrawlEvent[] => {
  const events = lift(stored)
  if (E.isLeft(events)) throw events.left
  return events.right
}

/** What an event of 0.1 means, without the time, which is its own. */
const meant = (type: keyof typeof v1Events, data: JsonObject = v1Events[type].data): readonly Fact[] =>
  lifted({ type, v: v1Events[type].v, at, data }).map(event => {
    assert.equal([event.at, event.isLifted], [at, true])
    return { type: event.type, data: event.data } as Fact
  })

const counts = (change: object, itemId?: string) =>
  ({ type: 'CountsChanged', data: { change, ...(itemId === undefined ? {} : { itemId }) } }) as Fact

test('every event of 0.1 is read', () => {
  assert.equal(Object.keys(v1Events).sort(), [...v1Types.keys()].sort())
  for (const event of Object.values(v1Events)) {
    const events = lifted(event)
    assert.ok(events.length > 0)
    for (const { type } of events) assert.ok(eventTypes.includes(type))
  }
})

test('reading changes nothing that is stored', () => {
  const before = structuredClone(v1Events)
  for (const event of Object.values(v1Events))
    lifted(Object.freeze({ ...event, data: Object.freeze(event.data) }))
  assert.equal(v1Events, before)
})

test('a flat list of stages is the item part, and its discover the batch part', () => {
  const planOf = (...stages: readonly string[]) => meant('WorkflowDescribed', { stages })[0]
  const chosen = (batch: readonly string[], item: readonly string[]) =>
    ({ type: 'PlanChosen', data: { itemIds: [], plan: { batch, item } } }) as Fact
  assert.equal(planOf('discover', 'download', 'analyse'), chosen(['discover'], ['download', 'analyse']))
  assert.equal(planOf('download'), chosen(['find-location', 'control', 'crawl-media'], ['download']))
  assert.is(planOf('discover'), undefined)
  assert.is(planOf(), undefined)
})

test('queries are the batch’s and the location’s, and other fields are metadata', () => {
  assert.equal(meant('WorkflowDescribed', { queries: ['park', ' '], expectedItems: 2 }), [
    { type: 'ContextUpdated', data: { metadata: { expectedItems: 2, inputQueries: ['park', ' '] } } },
    { type: 'LocationDescribed', data: { queries: ['park'] } },
  ])
})

test('geo is coordinates', () => {
  assert.equal(meant('LocationDescribed'), [
    {
      type: 'LocationDescribed',
      data: { coordinates: { lat: 34.7, lng: 135.5 }, countryCode: 'JP', locationName: 'Osaka', told: true },
    },
  ])
  for (const geo of [{ latitude: 91, longitude: 0 }, 'x', null, { latitude: '1' }])
    assert.equal(meant('LocationDescribed', { geo }), [{ type: 'LocationDescribed', data: { told: true } }])
})

test('mediaId, url and kind are the item’s id, address and type', () => {
  const found = (kind: string, type: string) => {
    const [fact, count] = meant('MediaFound', {
      item: { kind, mediaId: 'm', url: 'u', author: 'a' },
      source: 's',
    })
    assert.equal(fact?.data, {
      itemId: 'm',
      itemType: type,
      itemUrl: 'u',
      metadata: { author: 'a', source: 's' },
    })
    return count
  }
  assert.equal(found('photo', 'image'), counts({ found: 1, types: { image: 1 } }, 'm'))
  assert.equal(found('video', 'video'), counts({ found: 1, types: { video: 1 } }, 'm'))
  assert.equal(found('reel', 'reel'), counts({ found: 1, types: { other: 1 } }, 'm'))
})

test('a stage done has what it took, and its result is metadata', () => {
  assert.equal(meant('StageCompleted'), [
    {
      type: 'ContextUpdated',
      data: { itemId: 'm', metadata: { processing: { durationMs: 5, sizeBytes: 7 }, results: 1 } },
    },
    { type: 'StageCompleted', data: { durationMs: 5, sizeBytes: 7, itemId: 'm', stage: 'download' } },
    counts(
      {
        behind: [{ items: 1, stage: 'download' }],
        rows: [{ completed: 1, durationMs: 5, sizeBytes: 7, stage: 'download' }],
      },
      'm',
    ),
  ])
  assert.equal(meant('StageCompleted', { stage: 'discover', result: { a: 1 } }), [
    { type: 'ContextUpdated', data: { metadata: { a: 1 } } },
    { type: 'StageCompleted', data: { stage: 'discover' } },
    counts({ rows: [{ completed: 1, stage: 'discover' }] }),
  ])
})

const told = (error: object, itemId?: string) => [
  { type: 'ErrorRecorded', data: { ...error, fails: true, timestamp: at } } as Fact,
  counts({ errors: 1, rows: [{ errors: 1, stage: 's' }] }, itemId),
]

test('an error of the batch without fatal failed no workflow', () => {
  for (const fatal of [{}, { fatal: false }])
    assert.equal(
      meant('ErrorRecorded', { error: { code: 'E', message: 'x' }, stage: 's', ...fatal }),
      told({ error: 'x', fatal: false, more: { code: 'E' }, stage: 's' }),
    )
})

test('an error of an item without fatal is the item’s', () => {
  assert.equal(
    meant('ErrorRecorded', { error: { message: 'x' }, mediaId: 'm', stage: 's', context: { host: 'h' } }),
    told({ error: 'x', itemId: 'm', more: { context: { host: 'h' } }, stage: 's' }, 'm'),
  )
})

test('a fatal error failed its workflow, also an item’s', () => {
  assert.equal(
    meant('ErrorRecorded', { error: { message: 'x' }, fatal: true, mediaId: 'm', stage: 's' }),
    told({ error: 'x', fatal: true, more: { mediaId: 'm' }, stage: 's' }),
  )
})

test('progress numbers decide nothing and are kept', () => {
  assert.equal(meant('ProgressReported'), [
    { type: 'ProgressReported', data: { report: { progress: 40, stage: 'download' } } },
  ])
})

test('claims are of items, and are counted as they are made and ended', () => {
  const { mediaId: _, ...claim } = v1Events.StageClaimed.data
  const row = (claimed: number) => counts({ rows: [{ claimed, stage: 'download' }] }, 'n')
  assert.equal(meant('StageClaimed'), [
    { type: 'StageClaimed', data: { ...claim, itemId: 'n' } } as Fact,
    row(1),
  ])
  assert.equal(
    meant('StageClaimed', { ...v1Events.StageClaimed.data, renewed: true }).map(({ type }) => type),
    ['StageClaimed'],
  )
  assert.equal(meant('StageReleased')[1], row(-1))
})

test('an event of the present version stays as it is', () => {
  check(
    fc.property(randomMessages(), messages => {
      const valid = messages.filter(({ type }) => type !== 'save_media_item')
      for (const { events } of recorded(valid.map(envelope)))
        for (const event of events) {
          assert.is(event.v, currentVersion(event.type))
          assert.equal(lifted({ ...event, data: event.data as JsonObject }), [event])
        }
    }),
  )
})

test('an event that this program does not know is left, with what to do', () => {
  const refusal = (type: string, v: number) => {
    const event = lift({ type, v, at, data: {} })
    return E.isLeft(event) ? event.left : undefined
  }
  const tooNew = refusal('StageCompleted', 3)
  assert.instance(tooNew, EventTooNew)
  assert.match(
    String(tooNew),
    /StageCompleted is stored in version 3 and this program knows versions up to 2\. Use/,
  )
  for (const [type, v] of [
    ['Unheard', 1],
    ['constructor', 1],
    ['__proto__', 1],
    ['StageFailed', 3],
    ['StageCompleted', 0],
    ['StageCompleted', 1.5],
    ['StageCompleted', Number.NaN],
  ] as const) {
    const unknown = refusal(type, v)
    assert.instance(unknown, UnknownEvent)
    assert.match(String(unknown), /knows no event ".+" of version/)
  }
})

test.run()

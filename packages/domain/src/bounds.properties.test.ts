import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Commit, check, envelope, projected, recorded } from './crawl.test-kit.js'
import { comparable, comparableShown, cutValue, shortText, textKept, weightOf } from './cut.js'
import { canonical, isObject, type Json } from './json.js'
import { crawlWhole, folded } from './projection.js'
import {
  batch,
  errorOf,
  item,
  itemFound,
  newBatch,
  saveWorkflow,
  shownWithoutPlaces,
  stageComplete,
  time,
} from './told.test-kit.js'
import { isCut } from './views/bounded.js'
import type { ViewDocument } from './views/document.js'
import type { LocationDocument } from './views/locations.js'
import type { MediaDocument } from './views/media.js'
import type { WorkflowDocument } from './views/workflows.js'

const test = suite('bounds of documents')

const kilobyte = 1024
const runs = Math.ceil(Number(process.env.RULE_RUNS ?? 200) / 20)

/** The documents as they are where nothing is cut. */
const whole = (commits: readonly Commit[]): ReadonlyMap<string, ViewDocument> => {
  const documents = new Map<string, ViewDocument>()
  for (const { place, events } of commits)
    for (const event of events)
      for (const route of crawlWhole.routes(event, place.stream)) {
        const key = `${route.view}:${route.id}`
        documents.set(key, folded(crawlWhole, route, documents.get(key), event, place))
      }
  return documents
}

const signs = fc.constantFrom('x', 'é', '中', '𝔘')
const text = fc
  .tuple(signs, fc.constantFrom(1, 1300, 1400, 4100, 9 * kilobyte, 40 * kilobyte, 300 * kilobyte), fc.nat(3))
  .map(([sign, length, n]) => sign.repeat(length) + n)
const value: fc.Arbitrary<Json> = fc.oneof(
  text,
  text.map(inner => ({ inner, size: 3, duration: inner.length })),
  fc.constantFrom(1, 800, 30_000).map(length => new Array<number>(length).fill(7)),
)
const name = fc.constantFrom('mediaInfo', 'size', 'a', 'b', 'plan', 'n'.repeat(150), `${'n'.repeat(150)}2`)
/** Few names, or so many that each may have less. */
const names = fc.oneof(
  fc.array(name, { maxLength: 4 }),
  fc
    .tuple(fc.constantFrom(20, 70, 300, 600), fc.nat(400))
    .map(([count, first]) => Array.from({ length: count }, (_, i) => `k${first + i}`)),
)
const values = fc
  .tuple(names, fc.array(value, { minLength: 1, maxLength: 3 }))
  .map(([all, some]) =>
    Object.fromEntries(all.map((one, i) => [one, i < 5 ? (some[i % some.length] as Json) : i])),
  )
const stages = fc.oneof(
  fc.constant(['control']),
  fc.nat(300).map(first => Array.from({ length: 150 }, (_, i) => `s${first + i}`)),
)
const fields = fc.record({ timestamp: fc.nat(3).map(time), completedStages: stages })

const message = fc.oneof(
  fc
    .tuple(fields, values, values)
    .map(([some, metadata, more]) => saveWorkflow(batch({ ...more, ...some, metadata }))),
  fc
    .tuple(fields, values, values)
    .map(([some, metadata, more]) => saveWorkflow(item({ ...more, ...some, metadata }))),
  fc.tuple(fields, values).map(([some, results]) => stageComplete(item(some), { results })),
  fc.tuple(fields, text, value).map(([some, error, more]) => errorOf(item(some), { error, more })),
  fc.tuple(fields, text, value).map(([some, error, cut]) => errorOf(batch(some), { error, cut })),
  fc
    .tuple(fields, text)
    .map(([some, itemUrl]) => itemFound(batch(some), { itemId: 'i', itemUrl, itemType: itemUrl })),
  fc
    .tuple(fields, text, fc.array(text, { maxLength: 3 }))
    .map(([some, locationName, queries]) => newBatch(batch(some), { locationName, queries })),
)

const isMark = (shown: Json | undefined): boolean => isObject(shown) && shown.cut === true

/** What a bounded part shows is what is whole, or a mark of it. */
const compareValues = (shown: object, all: object): void => {
  for (const [key, value] of Object.entries(all) as [string, Json][]) {
    const there = (shown as { readonly [name: string]: Json })[key]
    if (there === undefined || isMark(there)) continue
    assert.is(canonical(there), canonical(value))
  }
}

test('any order gives the same documents but for positions, each is within the bound, and what is cut is marked', () => {
  const order = (messages: readonly object[]) =>
    fc.tuple(fc.constant(messages), fc.shuffledSubarray([...messages], { minLength: messages.length }))
  check(
    fc.property(fc.array(message, { minLength: 1, maxLength: 7 }).chain(order), ([messages, other]) => {
      const commits = recorded(messages.map(envelope))
      assert.ok(
        shownWithoutPlaces(commits) === shownWithoutPlaces(recorded([...other, ...messages].map(envelope))),
      )
      const all = whole(commits)
      for (const [key, document] of projected(commits)) {
        assert.ok(Buffer.byteLength(JSON.stringify(document)) < 8 * kilobyte * kilobyte)
        if (key.startsWith('locations:')) continue
        const full = all.get(key) as WorkflowDocument | MediaDocument
        const shown = document as WorkflowDocument | MediaDocument
        const of = (one: typeof full) => ('context' in one ? one.context.metadata : one.metadata)
        compareValues(of(shown), of(full))
        assert.equal(
          shown.errors.map(({ error }) => comparableShown(error)),
          full.errors.map(({ error }) => comparable(error)),
        )
        // A view that is not cut is as good a beginning as the log.
        if ('context' in shown && !isCut(shown)) {
          const { _heavy, ...rest } = shown
          assert.ok(canonical(rest as unknown as Json) === canonical(full as unknown as Json))
        }
      }
    }),
    runs,
  )
})

test('a text is cut between two code points, keeps what tells it from others, and says where it is whole', () => {
  const long = `${'x'.repeat(textKept - 1)}𝔘${'y'.repeat(10)}`
  const shown = shortText(long, 17)
  assert.ok(shown.isWellFormed())
  assert.ok(shown.startsWith(`${'x'.repeat(textKept - 1)}… [cut: ${textKept + 13} bytes, SHA-256 `))
  assert.ok(shown.endsWith('][position 17]'))
  assert.is(comparableShown(shown), comparable(long))
  assert.is(comparable(`${long}z`) === comparable(`${long}a`), false)
  // What a view shows is longer than a text that is not cut, so that the two are never taken for one.
  assert.ok(Buffer.byteLength(comparable('中'.repeat(2000))) > textKept)
  assert.is(shortText('x'.repeat(textKept), 17), 'x'.repeat(textKept))
  assert.is(shortText('中'.repeat(1366), 17).startsWith('中'), true)
})

test('a value that is cut says how long it is, how it begins and where it is whole', () => {
  assert.equal(cutValue({ b: 'x'.repeat(300), a: 1 }, 5), {
    begins: `{"a":1,"b":"${'x'.repeat(188)}`,
    bytes: 314,
    cut: true,
    position: 5,
  })
  assert.ok(weightOf(new Array<number>(1000).fill(1), 1e6) > 12 * 1000)
})

/** What these leave in the item’s document. */
const media = (...raws: readonly object[]): MediaDocument =>
  projected(recorded(raws.map(envelope))).get('media:l/b/i') as MediaDocument

test('the more values there are, the less each may take; small ones stay', () => {
  const long = 'x'.repeat(200 * kilobyte)
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]))
  const first = saveWorkflow(item({ metadata: { long } }))
  const second = saveWorkflow(item({ timestamp: time(1), metadata: many }))
  assert.is(media(first).metadata.long, long)
  const both = media(first, second)
  assert.equal(both.metadata.long, { begins: 'x'.repeat(200), bytes: long.length, cut: true, position: 1 })
  assert.equal({ ...both.metadata, long: 0 }, { ...many, long: 0 })
  assert.is((media(second, first).metadata.long as { position?: number }).position, 2)
  // A short one in its place is whole again.
  const third = saveWorkflow(item({ timestamp: time(2), metadata: { long: 'short' } }))
  assert.is(media(first, second, third).metadata.long, 'short')
})

test('of more than 512 names the first are shown, and it is said that there are more', () => {
  const names = Array.from({ length: 600 }, (_, i) => `k${1000 + i}`)
  const metadata = Object.fromEntries(names.map((one, i) => [one, i]))
  const shown = media(saveWorkflow(item({ metadata })))
  assert.equal(Object.keys(shown.metadata), names.slice(0, 512))
  assert.equal(shown.cut, { metadata: { position: 1 } })
})

test('duration and size come from a media info that is cut', () => {
  const mediaInfo = { raw: 'x'.repeat(300 * kilobyte), size: 7, duration: 3 }
  const shown = media(
    stageComplete(item({ stage: 'prep-media' }), { results: { mediaInfo } }),
    saveWorkflow(item({ timestamp: time(1), metadata: { other: 1 } })),
  )
  assert.equal([shown.metadata.size, shown.metadata.duration, isMark(shown.metadata.mediaInfo)], [7, 3, true])
})

test('what is handed out tells errors apart by the whole of their texts, also where one is what a view showed', () => {
  const long = 'x'.repeat(10 * kilobyte)
  const texts = [`${long}a`, `${long}b`, shortText(`${long}a`, 1)]
  const commits = recorded(texts.map(error => envelope(errorOf(item(), { error, fatal: false }))))
  for (const documents of [whole(commits), projected(commits)])
    assert.is((documents.get('media:l/b/i') as MediaDocument).errors.length, 3)
})

test('errors that begin alike are two; told again one of them is still one', () => {
  const error = (end: string, fields: object = {}) =>
    errorOf(item(fields), { error: 'x'.repeat(10 * kilobyte) + end, fatal: false })
  const shown = media(
    error('a'),
    error('b'),
    errorOf(item(), { error: `${'x'.repeat(10 * kilobyte)}a`, why: 'w' }),
  )
  assert.is(shown.errors.length, 2)
  assert.is(shown.errorCount, 2)
  assert.is(shown.errors.find(one => one.why === 'w')?.error.endsWith('[position 3]'), true)
})

test('a location’s name and queries are cut, and told again they are the same', () => {
  const long = (end: string) => 'x'.repeat(10 * kilobyte) + end
  const told = (end: string, minutes: number) =>
    newBatch(batch({ timestamp: time(minutes) }), { locationName: long(end), queries: [long(end), 'short'] })
  const all = [told('a', 1), told('b', 2), told('a', 3)]
  const shown = projected(recorded(all.map(envelope))).get('locations:l') as LocationDocument
  assert.is(comparableShown(shown.locationName ?? ''), comparable(long('a')))
  assert.equal(shown.metadata.queries?.map(comparableShown), [
    'short',
    comparable(long('a')),
    comparable(long('b')),
  ])
})

test('a plan of more than 200 stages is ignored', () => {
  const plan = (count: number) => ({
    batch: ['a'],
    item: Array.from({ length: count - 1 }, (_, i) => `s${i}`),
  })
  const stageAfter = (count: number) =>
    media(saveWorkflow(item({ metadata: { plan: plan(count) } }))).currentStage
  assert.equal([stageAfter(200), stageAfter(201)], ['s0', 'prep-media'])
})

test.run()

import { strict as assert } from 'node:assert'
import {
  crawl,
  decide,
  decodeMessage,
  folded,
  initialState,
  type ViewDocument,
  type WorkflowState,
} from '@crawl-ledger/domain'
import { BSON } from 'mongodb'
import { suite } from 'uvu'
import { toStoredView } from './encoding.js'

const test = suite('the size of view documents')

const eightMebibytes = 8 * 1024 * 1024
const many = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)
/** A name that is escaped to three times its length. */
const dots = (i: number): string => `${i}${'.'.repeat(95)}`
/** Each number takes two bytes of JSON, and ten of BSON. */
const numbers = (bytes: number): readonly number[] => new Array<number>(Math.floor(bytes / 24)).fill(1)
const stage = (i: number): string => `${i}${'中'.repeat(195)}`
const time = (i: number): string => new Date(Date.UTC(2024, 4, 1, 12, 0, i)).toISOString()

/** All documents that the messages give. */
const projected = (messages: readonly object[]): ReadonlyMap<string, ViewDocument> => {
  const documents = new Map<string, ViewDocument>()
  let state: WorkflowState = initialState
  for (const [i, message] of messages.entries()) {
    const decoded = decodeMessage(message, time(0))
    if (decoded._tag === 'Left') throw new Error(decoded.left.message)
    const decision = decide(state, decoded.right)
    if (decision._tag === 'Left') throw new Error(decision.left.message)
    state = decision.right.state
    const place = { stream: 'l/b', position: i + 1, version: i + 1, recordedAt: time(0) }
    for (const event of decision.right.events)
      for (const route of crawl.routes(event, 'l/b')) {
        const key = `${route.view}:${route.id}`
        documents.set(key, folded(crawl, route, documents.get(key), event, place))
      }
  }
  return documents
}

/** The longest of everything that a service may tell of a batch and of an item. */
const longest = (names: number, bytes: { readonly metadata: number; readonly fields: number }) => {
  const plan = { batch: many(100).map(stage), item: many(100).map(i => stage(i + 100)) }
  const of = (size: number) => Object.fromEntries(many(names).map(i => [dots(i), numbers(size)]))
  const common = {
    batchId: 'b',
    locationId: 'l',
    locationName: '中'.repeat(9000),
    stage: stage(0),
    completedStages: many(1000).map(stage),
  }
  const ofItem = { itemId: 'i', itemUrl: '中'.repeat(9000), itemType: '中'.repeat(9000) }
  const error = (i: number, subject: object) => ({
    type: 'error',
    context: { ...common, ...subject, timestamp: time(i), metadata: {}, completedStages: [] },
    payload: { error: `${i}${'中'.repeat(9000)}`, stage: stage(i), more: numbers(4000) },
  })
  return [{}, ofItem].flatMap(subject => [
    {
      type: 'save_workflow',
      context: {
        ...of(bytes.fields),
        ...common,
        ...subject,
        timestamp: time(0),
        metadata: { plan, ...of(bytes.metadata) },
      },
    },
    ...many(110).map(i => error(i, subject)),
  ])
}

const shares = [16, 64, 600]

for (const names of shares)
  test(`with ${names} values as long as they may be no document takes more than 8 MiB`, () => {
    const share = Math.min(512, names)
    // A bit less than each may take, with its name.
    const bytes = { metadata: eightMebibytes / 2 / share - 500, fields: eightMebibytes / 16 / share - 500 }
    const documents = projected(longest(names - 1, bytes))
    assert.equal(documents.size, 3)
    const sizes = [...documents].map(
      ([key, document]) => [key, BSON.calculateObjectSize(toStoredView(document))] as const,
    )
    for (const [key, size] of sizes) assert(size < eightMebibytes, `${key}: ${size}`)
    // They are that long: what is tested is the bound.
    assert(Math.max(...sizes.map(([, size]) => size)) > 3_000_000, JSON.stringify(sizes))
  })

test('1,000 queries as long as they may be', () => {
  const queries = many(1100).map(i => `${i}${'中'.repeat(2000)}`)
  const context = {
    batchId: 'b',
    locationId: 'l',
    stage: 's',
    timestamp: time(0),
    completedStages: [],
    metadata: {},
  }
  const location = projected([{ type: 'new_batch', context, payload: { queries } }]).get('locations:l')
  const size = BSON.calculateObjectSize(toStoredView(location ?? {}))
  assert(size > 4_000_000 && size < eightMebibytes, String(size))
})

test.run()

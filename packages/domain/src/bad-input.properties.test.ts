import { randomMessages } from '@crawl-ledger/testing'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, receivedAt, recorded } from './crawl.test-kit.js'
import { decodeMessage, type MessageEnvelope } from './messages.js'
import { shownWithoutPlaces } from './told.test-kit.js'

// Whatever comes is recorded or rejected with a sentence, breaks no fold, and gives the same views in any order.

const names = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'toJSON',
    'length',
    '',
    '.',
    'a.b',
    '$set',
    '$ref',
  ],
  ...[
    '$id',
    '_bsontype',
    '_id',
    '_told',
    'v',
    'again',
    'stages',
    'more',
    'itemId',
    'stage',
    'error',
    'fatal',
  ],
  ...[
    'lone\ud800',
    '\udfff',
    'nul\0',
    '東京',
    '😀',
    'plan',
    'unreadable',
    'doneBefore',
    'wasEarly',
    'x'.repeat(300),
  ],
]

const nested = (levels: number): unknown => {
  let value: unknown = { deep: true }
  for (let i = 1; i < levels; i++) value = i % 2 === 0 ? [value] : { value }
  return value
}

const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    1e308,
    2 ** 60,
    12345678901234567890n,
    5n,
    '',
    ' ',
    '\0',
    'lone\ud800',
    'x'.repeat(70_000),
    '2024-02-30',
    '+275760-09-13T00:00:00-01:00',
    '2024-05-01 12:00',
    nested(40),
    nested(60),
    [{ constructor: [{}] }],
    new Date(0),
    new Map([['a', 1]]),
    () => 1,
    { batch: ['a'], item: ['b'] },
    { batch: ['__proto__'], item: ['constructor', 'toString'] },
    JSON.parse('{"__proto__":{"stage":"x"},"constructor":[{"a":1}],"toString":1}'),
    { $ref: 'a', $id: 1, _bsontype: 'ObjectId' },
    [undefined, null, [[]]],
  ),
  fc.constantFrom(...names),
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(fc.constantFrom(...names), { maxLength: 3 }),
  fc
    .record({
      stage: fc.constantFrom(...names),
      error: fc.constantFrom(...names),
      timestamp: fc.constantFrom(...names),
    })
    .map(one => [one]),
)

type Bag = Record<string, unknown>

const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Sets an own property, whatever its name. */
const set = (bag: Bag, key: string, value: unknown): void => {
  Object.defineProperty(bag, key, { value, enumerable: true, writable: true, configurable: true })
}

interface Change {
  readonly where: 'message' | 'context' | 'metadata' | 'payload' | 'results'
  readonly how: 'remove' | 'set' | 'swap' | 'add'
  readonly which: number
  readonly name: string
  readonly value: unknown
}

const change: fc.Arbitrary<Change> = fc.record({
  where: fc.constantFrom('message', 'context', 'context', 'metadata', 'payload', 'payload', 'results'),
  how: fc.constantFrom('remove', 'set', 'swap', 'add', 'add'),
  which: fc.nat(20),
  name: fc.constantFrom(...names),
  value: strange,
})

const placeIn = (message: Bag, where: Change['where']): Bag | undefined => {
  const inner = { message, context: message.context, payload: message.payload }
  const place =
    where === 'metadata'
      ? isBag(message.context) && message.context.metadata
      : where === 'results'
        ? isBag(message.payload) && message.payload.results
        : inner[where]
  return isBag(place) ? place : undefined
}

const changed = (message: Bag, { where, how, which, name, value }: Change): void => {
  const place = placeIn(message, where)
  if (place === undefined) return
  const keys = Object.keys(place)
  const [key, other] = [keys[which % keys.length], keys[(which + 1) % keys.length]]
  if (how === 'add') set(place, name, value)
  else if (key === undefined || other === undefined) return
  else if (how === 'remove') delete place[key]
  else if (how === 'set') set(place, key, value)
  else {
    const kept = place[key]
    set(place, key, place[other])
    set(place, other, kept)
  }
}

const mangled = fc
  .tuple(randomMessages({ maxLength: 8 }), fc.array(fc.tuple(fc.nat(), change), { maxLength: 16 }))
  .map(([messages, changes]) => {
    const copies = messages.map(message => structuredClone(message) as unknown as Bag)
    for (const [at, one] of changes) changed(copies[at % copies.length] ?? {}, one)
    return copies
  })

/** Those that are no rejections. A rejection is a sentence. */
const taken = (raws: readonly unknown[]): readonly MessageEnvelope[] =>
  raws.flatMap(raw => {
    const decoded = decodeMessage(raw, receivedAt)
    if (E.isRight(decoded)) return [decoded.right]
    assert.match(decoded.left.message, /^\S.*\.$/su)
    return []
  })

test('mangled messages are recorded or rejected, and any two orders give the same documents', () => {
  const delivered = mangled.chain(raws =>
    fc.tuple(
      fc.constant(raws),
      fc.shuffledSubarray(raws, { minLength: raws.length, maxLength: raws.length }),
    ),
  )
  check(
    fc.property(delivered, ([raws, shuffled]) => {
      const [all, others] = [taken(raws), taken(shuffled)]
      assert.is(shownWithoutPlaces(recorded(others)), shownWithoutPlaces(recorded(all)))
    }),
    300,
  )
})

test('what is decoded is JSON that every store holds, and is read again as the same message', () => {
  check(
    fc.property(mangled, raws => {
      for (const { body, digest } of taken(raws)) {
        const { type, context, payload } = body
        const again = taken([JSON.parse(JSON.stringify({ type, context, payload }))])
        assert.equal(
          again.map(one => one.digest),
          [digest],
        )
      }
    }),
  )
})

test('nothing that a message says changes what objects are', () => {
  const keys = JSON.stringify(Object.getOwnPropertyNames(Object.prototype))
  check(
    fc.property(mangled, raws => {
      recorded(taken(raws))
      assert.is(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), keys)
    }),
    50,
  )
})

test.run()

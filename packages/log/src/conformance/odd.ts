import type { Json } from '@crawl-ledger/domain'

/** Contents that are JSON and yet mean something to one store or another. */
export const odd = {
  'a driver type': { _bsontype: 'Double', value: 1 },
  'an unknown driver type': { _bsontype: 'Anything' },
  'a reference': { $ref: 'events', $id: 'x' },
  'half a reference': { $ref: '#/definitions/item' },
  'keys with dots and dollars': { 'a.b': 1, $gt: 2, $: 3, '.': 4 },
  'keys of every object': JSON.parse(
    '{"__proto__":{"a":1},"constructor":2,"toString":3,"toBSON":4,"length":5}',
  ),
  'lists under keys of every object': JSON.parse(
    '{"__proto__":[{"a":1}],"constructor":[{"a":[{}]}],"toString":[[{"b":2}]],"valueOf":[1],"hasOwnProperty":[{}]}',
  ),
  'keys that look as though they were escaped': {
    '%$ref': 1,
    '%': 2,
    '%%_bsontype': 3,
    $ref: 4,
    _escaped: 5,
  },
  'an operator': { $set: { 'a.b': [{ $inc: { $: 1 } }] } },
  'an empty key': { '': 1 },
  'keys that look like numbers': { 10: 'a', 9: 'b', '01': 'c' },
  'large and small numbers': [
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    2 ** 63,
    1e308,
    5e-324,
    0.1,
    Number.MIN_SAFE_INTEGER,
  ],
  'texts from everywhere': [
    '中文',
    'عربى',
    '😀',
    '\u0000',
    '\uffff',
    '\u{10ffff}',
    "'; DROP TABLE events; --",
  ],
  'nothing at all': [null, [], {}, [[]], ''],
  'texts that look like other things': [
    '2024-01-01T00:00:00.000Z',
    '507f1f77bcf86cd799439011',
    'NaN',
    'null',
  ],
} as const satisfies { [name: string]: Json }

/** Keys that mean something to a language, a driver or a server, and parts that make more of them. */
const keys = [
  ...['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'toBSON', 'length'],
  ...['$ref', '$id', '$db', '$set', '$', '$date', '_bsontype', '_id', '_escaped', 'a.b', '.', '', ' ', '"'],
  ...['%', '%%', '%$ref', '%_bsontype', '%%$id', '%_escaped', '0', '1', '10', '-1', '01', 'ü', '💧', 'a'],
]

/** Any JSON with odd keys, at most so deep. */
export const anyOdd = (random: () => number, depth = 4): Json => {
  const pick = <A>(list: readonly A[]): A => list[Math.floor(random() * list.length)] as A
  const many = Array.from({ length: Math.floor(random() * 4) })
  const kind = depth === 0 ? 0 : random()
  if (kind < 0.25) return pick([null, true, 0, 1.5, 2 ** 40, 'Double', '2024-05-01T12:00:00.000Z', '$ref'])
  if (kind < 0.45) return many.map(() => anyOdd(random, depth - 1))
  return Object.fromEntries(many.map(() => [pick(keys), anyOdd(random, depth - 1)]))
}

export type OddName = keyof typeof odd
export const oddNames = Object.keys(odd) as OddName[]

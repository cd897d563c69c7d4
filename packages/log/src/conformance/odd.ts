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

export type OddName = keyof typeof odd
export const oddNames = Object.keys(odd) as OddName[]

import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check } from './crawl.test-kit.js'
import { canonical, isObject, type Json, maxDepth, type Normalised, normalise, sha256 } from './json.js'
import type { Rejection } from './rejection.js'

const normal = (value: unknown): Normalised => {
  const result = normalise(value)
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const kept = (value: unknown): Json => normal(value).value

const refused = (value: unknown): Rejection => {
  const result = normalise(value)
  if (E.isRight(result)) throw new Error(`accepted as ${canonical(result.right.value)}`)
  return result.left
}

/** Lists in lists: `nested(1)` is `[]`. */
const nested = (levels: number): unknown => {
  let value: unknown = []
  for (let i = 1; i < levels; i++) value = [value]
  return value
}

test('what JSON leaves out is left out', () => {
  const value = { a: undefined, b: () => 1, c: Symbol('c'), d: null }
  assert.is(canonical(kept(value)), '{"d":null}')
  assert.is(canonical(kept([undefined, () => 1, 2])), '[null,null,2]')
  assert.is(kept(undefined), null)
})

test('the holes of a sparse list are null', () => {
  const sparse: unknown[] = [1]
  sparse[2] = 3
  assert.is(canonical(kept(sparse)), '[1,null,3]')
})

test('-0 is 0', () => {
  assert.ok(Object.is(kept(-0), 0))
  assert.is(canonical(kept([-0, 0])), '[0,0]')
})

test('dates and what else has a toJSON are what it gives', () => {
  assert.equal(kept({ at: new Date(0) }), { at: '1970-01-01T00:00:00.000Z' })
  assert.equal(kept({ at: new Date(Number.NaN) }), { at: null })
  assert.equal(kept({ url: new URL('http://a.b/') }), { url: 'http://a.b/' })
  assert.equal(kept({ toJSON: 'not a function' }), { toJSON: 'not a function' })
})

test('lone surrogates are replaced in texts and keys, whole pairs stay', () => {
  assert.equal(kept({ 'k\ud800': 'v\udfff', pair: '😀' }), { 'k\ufffd': 'v\ufffd', pair: '😀' })
})

test('a key named __proto__ is data: kept, and harmless', () => {
  const value = kept(
    JSON.parse('{"__proto__":{"polluted":true},"a":{"constructor":{"prototype":{"polluted":1}}}}'),
  )
  assert.is(
    canonical(value),
    '{"__proto__":{"polluted":true},"a":{"constructor":{"prototype":{"polluted":1}}}}',
  )
  assert.is(Object.getPrototypeOf(value), Object.prototype)
  assert.not('polluted' in {})
})

test('a number that is none is kept as null, and a note says where it was', () => {
  assert.equal(normal({ item: { size: Number.NaN }, all: [1, [Infinity]] }), {
    value: { all: [1, [null]], item: { size: null } },
    notes: ['all[1][0]: Infinity is kept as null.', 'item.size: NaN is kept as null.'],
  })
  assert.equal(normal(Number.NEGATIVE_INFINITY).value, null)
  assert.equal(normal({ a: [1, '2'] }).notes, [])
})

test('a BigInt is a number where that is exact, and else its digits', () => {
  assert.equal(kept({ n: [1n, -5n, 9007199254740991n, 9007199254740993n] }), {
    n: [1, -5, 9007199254740991, '9007199254740993'],
  })
})

test('a refusal says what it is and where', () => {
  assert.equal(refused({ a: { 'b\0': 1 } }), {
    code: 'invalid',
    message: 'The message holds a key with a NUL character.',
    path: 'a',
  })
  assert.equal(refused({ '\0': 1 }), {
    code: 'invalid',
    message: 'The message holds a key with a NUL character.',
  })
})

test('50 levels are kept, 51 are refused, and a circle is no more than too many levels', () => {
  assert.is(canonical(kept(nested(maxDepth))), '['.repeat(50) + ']'.repeat(50))
  assert.is(
    refused(nested(maxDepth + 1)).message,
    'The message holds more than 50 levels of objects and lists in each other.',
  )
  const circle: { self?: unknown } = {}
  circle.self = circle
  assert.is(refused(circle).code, 'invalid')
  const returnsItself = { toJSON: (): unknown => returnsItself }
  assert.is(refused(returnsItself).code, 'invalid')
})

test('a value whose own code throws is refused and throws nothing', () => {
  const throws = (): never => {
    throw new Error('secret')
  }
  const message = 'The message cannot be read: a part of it throws an error.'
  assert.equal(refused({ toJSON: throws }), { code: 'invalid', message })
  assert.equal(refused(Object.defineProperty({}, 'a', { get: throws, enumerable: true })), {
    code: 'invalid',
    message,
  })
})

test('the canonical form sorts keys by code unit and has no white space', () => {
  assert.is(
    canonical({ b: 1, a: [true, null, 'é"'], B: { '10': 1, '9': 2 } }),
    '{"B":{"10":1,"9":2},"a":[true,null,"é\\""],"b":1}',
  )
  // RFC 8785, 3.2.3: by UTF-16 code unit an emoji comes before U+FB33.
  assert.is(canonical({ '\ufb33': 1, '😀': 2 }), '{"😀":2,"\ufb33":1}')
})

test('sha256 is of the UTF-8 bytes', () => {
  assert.is(sha256('é'), '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c')
})

test('an object is neither a list nor null', () => {
  assert.equal([{}, [], null, 'a', undefined].map(isObject), [true, false, false, false, false])
})

test('the canonical form read back has the same canonical form, and so has any order of keys', () => {
  const reversed = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(reversed)
      : isObject(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, child]) => [key, reversed(child)]),
          )
        : value
  check(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), raw => {
      // A key with NUL, the one thing that JSON has and a message must not.
      fc.pre(E.isRight(normalise(raw)))
      const value = kept(raw)
      const text = canonical(value)
      assert.is(canonical(JSON.parse(text)), text)
      assert.is(canonical(reversed(value)), text)
    }),
    500,
  )
})

test('whatever a caller passes: nothing is thrown, and what is kept is JSON that stays as it is', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  })
  check(
    fc.property(anything, raw => {
      const first = normalise(raw)
      if (E.isLeft(first)) return
      const text = canonical(first.right.value)
      assert.is(canonical(JSON.parse(text)), text)
      assert.is(canonical(kept(first.right.value)), text)
      assert.is(text.toWellFormed(), text)
    }),
    500,
  )
})

test.run()

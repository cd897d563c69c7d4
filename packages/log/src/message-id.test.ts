import assert from 'node:assert/strict'
import type { Envelope } from '@crawl-ledger/domain'
import { suite } from 'uvu'
import { nameOf, type Told } from './message-id.js'

const test = suite('message ids')

const message = (id: string, digest: string): Pick<Envelope, 'id' | 'digest' | 'body'> => ({
  id,
  digest,
  body: { type: 'item_found' } as Envelope['body'],
})

/** Messages in the order in which a stream takes them, each under the id that it gets; those that it knows are left out. */
const kept = (...messages: readonly (readonly [id: string, digest: string])[]): readonly string[] => {
  const stream = new Map<string, Told>()
  for (const [id, digest] of messages) {
    const name = nameOf(message(id, digest), one => stream.get(one))
    if (name.tag === 'free') stream.set(name.id, { digest })
  }
  return [...stream.keys()]
}

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
const [shortA, shortB] = [a.slice(0, 16), b.slice(0, 16)]

test('whichever of two comes first has the id, and both are known ever after', () => {
  assert.deepEqual(kept(['x', a], ['x', b], ['x', a], ['x', b]), ['x', `x#${shortB}`])
  assert.deepEqual(kept(['x', b], ['x', a], ['x', a], ['x', b]), ['x', `x#${shortA}`])
})

test('also a longer id may be another message’s own, or begin with the same digits', () => {
  const other = `${shortB}${'c'.repeat(48)}`
  assert.deepEqual(kept([`x#${shortB}`, a], ['x', a], ['x', b], ['x', b], ['x', other], ['x', other]), [
    `x#${shortB}`,
    'x',
    `x#${shortB}#${shortB}`,
    `x#${shortB}#${shortB}#${shortB}`,
  ])
  // It says what is known under this very id.
  assert.deepEqual(kept(['x', a], ['x', b], [`x#${shortB}`, b]), ['x', `x#${shortB}`])
})

test.run()

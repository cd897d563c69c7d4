import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, envelope, receivedAt, refused } from './crawl.test-kit.js'
import { itemIdOf } from './item-id.js'
import { decodeMessage, handlerOf, maxMessageBytes, streamOf } from './messages.js'

const context = { batchId: 'b', locationId: 'l', stage: 'crawl-media', timestamp: receivedAt, metadata: {} }
const found = { type: 'item_found', context, payload: { itemUrl: 'u', itemType: 'video' } }
const types = Object.keys(handlerOf)

/** Which item a message is about. */
const itemOf = (raw: object): string | undefined => envelope(raw).body.itemId

test('a message is {type, context, payload}, or with its context under workflow', () => {
  const { type, payload } = found
  const one = envelope(found)
  assert.equal(one.body, {
    type: 'item_found',
    locationId: 'l',
    batchId: 'b',
    itemId: itemIdOf('b', 'u'),
    context,
    payload,
  })
  assert.equal(
    envelope({ util: 'logger', type, workflow: context, payload }),
    one,
    'both are the same message',
  )
  assert.equal(envelope({ type, context, workflow: { batchId: 'other' }, payload }), one)
})

test('a body comes as a value, as text or as bytes, with a byte order mark or not', () => {
  const one = envelope(found)
  const text = JSON.stringify(found)
  for (const body of [text, `\ufeff${text}`, Buffer.from(text), new TextEncoder().encode(`\ufeff${text}`)])
    assert.equal(envelope(body), one)
  for (const body of ['', 'no JSON', '{', Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(text, 'utf16le')])
    assert.match(
      refused(body).message,
      /^The message is neither an object nor JSON in UTF-8\. A message is \{type/,
    )
})

test('what is no object is no message', () => {
  for (const raw of [null, undefined, 1, true, [found], '"text"', 'null', Buffer.from('[]')])
    assert.match(
      refused(raw).message,
      /^A message is one JSON object\. A message is \{type, context, payload\}/,
    )
})

test('the type must be known', () => {
  const rejection = refused({ ...found, type: 'nope' })
  assert.equal([rejection.code, rejection.path], ['unknown-type', 'type'])
  assert.match(
    rejection.message,
    /^type: expected one of new_batch, item_found, .*; got "nope"\. A message is/,
  )
  for (const type of [
    'toString',
    '__proto__',
    'constructor',
    1,
    {},
    null,
    undefined,
    'new-batch',
    'NEW_BATCH',
  ])
    assert.is(refused({ ...found, type }).code, 'unknown-type')
})

test('a flat message of 0.1 is told what the form is now', () => {
  for (const type of ['new-batch', 'new_batch']) {
    const { code, message } = refused({ type, batchId: 'b', locationId: 'l', queries: ['cat'] })
    assert.ok(code === 'unknown-type' || code === 'invalid')
    assert.match(message, /A message is \{type, context, payload\}, where context is a WorkflowContext\.$/)
  }
})

test('a message without its workflow is rejected, whatever its type', () => {
  for (const type of types) {
    for (const missing of [undefined, null, '', ' ', {}, [], true, 'x'.repeat(201)]) {
      const path = (fields: object) => refused({ type, context: { ...context, ...fields } }).path
      assert.is(path({ locationId: missing }), 'context.locationId')
      if (type === 'save_location' && (missing === undefined || missing === null)) continue
      assert.is(path({ batchId: missing }), 'context.batchId')
    }
    for (const none of [undefined, null, 'text', 1, []])
      assert.equal(refused({ type, context: none }).path, 'context')
  }
})

test('an item found needs its address or its id, and a saved media item both', () => {
  assert.equal(refused({ type: 'item_found', context, payload: { itemType: 'video' } }), {
    code: 'invalid',
    message: 'payload.itemUrl: expected the address of an item, or its itemId; there is neither.',
    path: 'payload.itemUrl',
  })
  assert.is(refused({ type: 'item_found', context }).path, 'payload.itemUrl')
  for (const item of [{}, { itemId: 'i' }, { itemUrl: 'u' }, { itemId: ' ', itemUrl: 'u' }])
    assert.is(refused({ type: 'save_media_item', context: { ...context, ...item } }).path, 'context')
  assert.is(itemOf({ type: 'save_media_item', context: { ...context, itemId: 'i', itemUrl: 'u' } }), 'i')
})

test('the item is that of the payload, else of the context, else derived from the address', () => {
  const of = (payload: unknown, fields: object = {}) =>
    itemOf({ type: 'item_found', context: { ...context, ...fields }, payload })
  assert.is(of({ itemId: 'p', itemUrl: 'u' }, { itemId: 'c' }), 'p')
  assert.is(of({ itemUrl: 'u' }, { itemId: 'c' }), 'c')
  assert.is(of({ itemUrl: 'u' }, { itemUrl: 'other' }), itemIdOf('b', 'u'))
  assert.is(of({}, { itemUrl: 'u' }), itemIdOf('b', 'u'))
  assert.is(of(null, { itemId: 'c' }), 'c')
  assert.is(of({ itemId: 7 }), '7')
  assert.is(of({ itemId: ' ', itemUrl: 'u' }), itemIdOf('b', 'u'))
})

test('a context with an item id or an address is an item, and else the batch', () => {
  for (const type of types.filter(one => one !== 'item_found' && one !== 'save_media_item')) {
    assert.is(itemOf({ type, context }), undefined)
    assert.is(itemOf({ type, context: { ...context, itemId: 'i' } }), 'i')
    assert.is(itemOf({ type, context: { ...context, itemUrl: 'u' } }), itemIdOf('b', 'u'))
    assert.is(itemOf({ type, context, payload: { itemId: 'i', itemUrl: 'u' } }), undefined)
    assert.is(itemOf({ type, context: { ...context, itemId: '', itemUrl: null } }), undefined)
  }
})

test('ids are texts of any characters, and a number stands for its text', () => {
  for (const id of ['a/b', '%2F', 'void:1', ' a ', '__proto__', '$a.b', '東京', 'x'.repeat(200)]) {
    const { body } = envelope({
      type: 'item_found',
      context: { ...context, batchId: id, locationId: id, itemId: id },
    })
    assert.equal([body.batchId, body.locationId, body.itemId], [id, id, id])
  }
  const { body } = envelope({ type: 'new_batch', context: { ...context, batchId: 5, locationId: 0 } })
  assert.equal([body.batchId, body.locationId], ['5', '0'])
})

test('a new batch may have its location in the payload alone', () => {
  const { locationId: _, ...rest } = context
  assert.is(envelope({ type: 'new_batch', context: rest, payload: { locationId: 'p' } }).body.locationId, 'p')
  assert.is(envelope({ type: 'new_batch', context, payload: { locationId: 'p' } }).body.locationId, 'l')
})

test('a location can be saved alone; its stream is its own', () => {
  const { batchId: _, ...rest } = context
  const alone = envelope({ type: 'save_location', context: rest })
  assert.is(alone.body.batchId, undefined)
  assert.is(streamOf(alone.body), 'l')
  assert.is(streamOf(envelope({ type: 'save_location', context }).body), 'l/b')
  assert.is(refused({ type: 'save_workflow', context: rest }).path, 'context.batchId')
})

test('the id is the own one, else the one that the broker says, else the digest', () => {
  const { id: made, digest } = envelope(found)
  assert.match(made, /^[0-9a-f]{32}$/)
  assert.match(digest, /^[0-9a-f]{16}$/)
  const id = (own: unknown, broker?: string) => {
    const decoded = decodeMessage({ ...found, id: own }, receivedAt, broker)
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    assert.is(decoded.right.digest, digest, 'an id that comes twice is told apart by the rest of the message')
    assert.not('id' in decoded.right.body)
    return decoded.right.id
  }
  assert.is(id('mine', 'broker'), 'mine')
  for (const none of [undefined, null, '']) assert.is(id(none, 'broker'), 'broker')
  assert.is(id(undefined), made)
  assert.is(id(undefined, ''), made)
})

test('whatever the broker says is an id', () => {
  const id = (own: unknown) => envelope({ ...found, id: own }).id
  for (const own of ['a/b', ' ', 'void:1', '%', '\n', 'x'.repeat(200)]) assert.is(id(own), own)
  assert.equal([5, true, ['a'], { b: 1, a: 2 }].map(id), ['5', 'true', '["a"]', '{"a":2,"b":1}'])
  assert.is(id('a\0b'), 'a%00b')
  assert.match(id('x'.repeat(201)), /^[0-9a-f]{64}$/)
  assert.is.not(id('x'.repeat(201)), id('x'.repeat(202)))
})

test('the same message has the same digest, whatever the order of keys and the time of receipt', () => {
  const { type, payload, context: same } = found
  const again = decodeMessage(
    { payload, context: Object.fromEntries(Object.entries(same).reverse()), type },
    '2030-01-01',
  )
  assert.ok(E.isRight(again) && again.right.id === envelope(found).id)
  assert.is.not(envelope({ ...found, payload: { itemUrl: 'u' } }).digest, envelope(found).digest)
})

test('no payload, null and undefined are the same message', () => {
  const one = envelope({ type: 'new_batch', context })
  for (const payload of [null, undefined])
    assert.equal(envelope({ type: 'new_batch', context, payload }), one)
  assert.not('payload' in one.body)
})

test('a message that no document can hold is refused, by its bytes and not its characters', () => {
  const sized = (note: string) => ({ ...found, payload: { itemUrl: 'u', note } })
  const frame = envelope(sized('')).bytes
  assert.is(envelope(sized('x'.repeat(maxMessageBytes - frame))).bytes, maxMessageBytes)
  assert.equal(refused(sized(`${'x'.repeat(maxMessageBytes - frame - 1)}é`)), {
    code: 'too-large',
    message: `The message has ${maxMessageBytes + 1} bytes; one document holds at most ${maxMessageBytes}.`,
  })
})

test('a message with a key __proto__ keeps it and does not get its fields from it', () => {
  const text = '{"type":"new_batch","context":{"batchId":"b","locationId":"l","__proto__":{"stage":"s"}}}'
  const { body } = envelope(JSON.parse(text))
  assert.ok(Object.hasOwn(body.context, '__proto__'))
  assert.is(body.context.stage, undefined)
  const inherited = '{"__proto__":{"type":"new_batch","context":{"batchId":"b","locationId":"l"}}}'
  assert.is(refused(JSON.parse(inherited)).code, 'unknown-type')
})

test('a value is shown in short', () => {
  assert.ok(refused({ ...found, type: 'x'.repeat(1000) }).message.length < 500)
  assert.ok(refused({ ...found, context: { ...context, batchId: ['x'.repeat(1000)] } }).message.length < 200)
})

test('whatever comes, decoding throws nothing and a rejection is a sentence', () => {
  check(
    fc.property(
      fc.constantFrom(...types),
      fc.dictionary(fc.constantFrom('context', 'payload', 'type', 'id', 'workflow'), fc.anything()),
      fc.dictionary(fc.constantFrom(...Object.keys(context), 'itemId', 'itemUrl', 'errors'), fc.anything()),
      (type, changes, fields) => {
        const decoded = decodeMessage({ type, context: { ...context, ...fields }, ...changes }, receivedAt)
        if (E.isLeft(decoded)) assert.match(decoded.left.message, /^\S.*\.$/su)
      },
    ),
    500,
  )
})

test.run()

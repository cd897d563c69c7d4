import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check, envelope, history, receivedAt, refused } from './crawl.test-kit.js'
import { decodeMessage, handlerOf, maxMessageBytes } from './messages.js'

const common = { batchId: 'b', locationId: 'l' }
const newBatch = { ...common, type: 'new-batch' }
const itemFound = { ...common, type: 'item-found', item: { mediaId: 'm' } }
const stageComplete = { ...common, type: 'stage-complete', stage: 's' }
const progress = { ...common, type: 'workflow-progress', progress: 50 }
const error = { ...common, type: 'error', error: { message: 'x' } }
const complete = { ...common, type: 'workflow-complete' }
const valid = [newBatch, itemFound, stageComplete, progress, error, complete]

test('what is no object is no message', () => {
  for (const raw of [null, undefined, 'text', 1, [newBatch]])
    assert.equal(refused(raw), { code: 'invalid', message: 'A message is one JSON object.' })
  assert.is(refused({ ...newBatch, n: 1n }).path, 'n')
})

test('the type must be known and be that of the handler', () => {
  const types = 'new-batch, item-found, stage-complete, workflow-progress, error, workflow-complete, location'
  assert.equal(refused({ ...common, type: 'nope' }), {
    code: 'unknown-type',
    message: `type: expected one of ${types}, got "nope".`,
    path: 'type',
  })
  assert.is(refused(common).message, `type: expected one of ${types}, it is missing.`)
  for (const type of ['toString', '__proto__', 1, {}])
    assert.is(refused({ ...common, type }).code, 'unknown-type')
  assert.equal(refused(newBatch, 'handleError'), {
    code: 'wrong-handler',
    message: 'type: handleError takes "error", "new-batch" goes to handleNewBatch.',
    path: 'type',
  })
})

test('a handler takes its message with or without the type, and both are the same message', () => {
  for (const raw of valid) {
    const whole = envelope(raw)
    const without = decodeMessage({ ...raw, type: undefined }, receivedAt, handlerOf[whole.body.type])
    assert.equal(without, E.right(whole))
  }
})

test('unknown fields are kept, at every level', () => {
  const raw = { ...itemFound, extra: { a: [1] }, item: { mediaId: 'm', author: 'x' } }
  assert.equal(envelope(raw).body, raw)
  const stage = { ...stageComplete, processing: { durationMs: 1, cpu: 2 }, result: null }
  assert.equal(envelope(stage).body, stage)
})

test('a message with a key __proto__ keeps it and does not get its fields from it', () => {
  const text = '{"batchId":"b","locationId":"l","type":"new-batch","__proto__":{"countryCode":"JP"}}'
  const { body } = envelope(JSON.parse(text))
  assert.ok(Object.hasOwn(body, '__proto__'))
  assert.is((body as { countryCode?: string }).countryCode, undefined)
  assert.is(
    refused(JSON.parse('{"__proto__":{"batchId":"b","locationId":"l","type":"new-batch"}}')).code,
    'unknown-type',
  )
})

test('the id is the own one, or else the digest, whatever the order of keys and the time of receipt', () => {
  const first = envelope({ ...error, context: { a: 1, b: 2 } })
  const { type, ...rest } = error
  const again = decodeMessage({ context: { b: 2, a: 1 }, ...rest, type }, '2030-01-01T00:00:00.000Z')
  assert.ok(E.isRight(again) && again.right.id === first.id)
  assert.match(first.id, /^[0-9a-f]{64}$/)
  assert.is.not(envelope({ ...error, context: { a: 1, b: 3 } }).id, first.id)

  const named = envelope({ ...error, context: { a: 1, b: 2 }, id: 'mine' })
  assert.is(named.id, 'mine')
  assert.is(named.digest, first.digest, 'an id that comes twice is told apart by the rest of the message')
  assert.not('id' in named.body)
})

test('a message that no document can hold is refused, by its bytes and not its characters', () => {
  const sized = (note: string) => ({ ...newBatch, note })
  const frame = envelope(sized('')).bytes
  assert.is(envelope(sized('x'.repeat(maxMessageBytes - frame))).bytes, maxMessageBytes)
  assert.equal(refused(sized(`${'x'.repeat(maxMessageBytes - frame - 1)}é`)), {
    code: 'too-large',
    message: `The message has ${maxMessageBytes + 1} bytes; one document holds at most ${maxMessageBytes}.`,
  })
})

test('decoding what was decoded changes nothing', () => {
  check(
    fc.property(history, messages => {
      for (const message of messages) assert.equal(envelope({ ...message.body, id: message.id }), message)
    }),
  )
})

test('whatever comes, decoding throws nothing and a rejection is a sentence', () => {
  const mangled = fc.tuple(
    fc.constantFrom(...valid),
    fc.dictionary(
      fc.constantFrom(
        ...Object.keys({ ...newBatch, ...itemFound, ...stageComplete, ...error, geo: 0, id: 0, at: 0 }),
      ),
      fc.anything(),
    ),
  )
  check(
    fc.property(mangled, ([message, changes]) => {
      const decoded = decodeMessage({ ...message, ...changes }, receivedAt)
      if (E.isLeft(decoded)) assert.match(decoded.left.message, /^\S.*\.$/su)
    }),
    500,
  )
})

test.run()

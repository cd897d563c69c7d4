import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lineScrubber, loggedError, scrubber } from './secrets.js'

const scrub = scrubber(['the-token'])

test('hides what a connection string holds', () => {
  for (const [text, expected] of [
    ['at mongodb://u:p@h:1/db?a=b now', 'at mongodb://[hidden] now'],
    ["mongodb://u:it's@h,h2/db", 'mongodb://[hidden]'],
    ['libsql://h?authToken=x', 'libsql://[hidden]'],
    [
      'Endpoint=sb://h;SharedAccessKeyName=k;SharedAccessKey=s=',
      'Endpoint=sb://h;SharedAccessKeyName=[hidden];SharedAccessKey=[hidden]',
    ],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [hidden]'],
    ['has the-token in it', 'has [hidden] in it'],
  ] as const)
    assert.is(scrub(text), expected)
})

test('leaves what is no secret', () => {
  for (const text of [
    'mongodb://h/db does not answer',
    'at file:///srv/node_modules/.pnpm/fastify@5/x.js:1:2',
    'Server listening at http://127.0.0.1:3003',
  ])
    assert.is(scrub(text), text)
})

test('a line of JSON stays one, and keys that name a secret lose it', () => {
  const line = JSON.stringify({
    level: 30,
    msg: 'said "mongodb://u:p@h" and\nthe-token',
    headers: { Authorization: 'abc' },
    deep: [{ password: { x: 1 } }],
  })
  assert.equal(JSON.parse(lineScrubber(['the-token'])(line)), {
    level: 30,
    msg: 'said "mongodb://[hidden]" and\n[hidden]',
    headers: { Authorization: '[hidden]' },
    deep: [{ password: '[hidden]' }],
  })
})

test('an error is logged with its causes, without the fields that a driver hangs on it', () => {
  const cause = Object.assign(new Error('mongodb://u:p@h refused'), {
    code: 'E1',
    options: { password: 'p4ss' },
  })
  const logged = loggedError(new TypeError('broken', { cause }), scrub)
  assert.is(logged.type, 'TypeError')
  assert.is(logged.cause?.code, 'E1')
  assert.is(logged.cause?.message, 'mongodb://[hidden] refused')
  assert.match(logged.stack ?? '', 'secrets.test')
  assert.not.match(JSON.stringify(logged), 'p4ss')
  assert.not.match(JSON.stringify(logged), 'u:p')
})

test('an error that is its own cause has an end', () => {
  const error: Error = new Error('round')
  error.cause = error
  assert.ok(JSON.stringify(loggedError(error, scrub)).length > 0)
})

test.run()

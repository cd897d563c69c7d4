import { processLogger } from '@crawl-ledger/process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Away, type FakeLedger, fakeLedger } from './fake-ledger.js'
import { analyticsServer } from './server.js'

const token = 'a-token-of-the-tests'
const allowed = { authorization: `Bearer ${token}` }
const quiet = () => processLogger({ service: 'analytics', level: 'silent' })
const server = (ledger: Partial<FakeLedger> = {}) =>
  analyticsServer({ ledger: fakeLedger(ledger), token, logger: quiet() })

const ask = (query: string, headers: Record<string, string> = allowed, ledger: Partial<FakeLedger> = {}) =>
  server(ledger).inject({ url: `/analytics${query}`, headers })

const expectFailure = (
  answer: { statusCode: number; json: () => unknown; headers: Record<string, unknown> },
  status: number,
  code: string,
) => {
  const body = answer.json() as { status: string; error: { code: string; message: string } }
  assert.is(answer.statusCode, status)
  assert.is(body.error.code, code)
  assert.equal(body, { status: 'error', error: { code, message: body.error.message } })
  assert.ok(body.error.message.length > 20)
  assert.is(answer.headers['cache-control'], 'no-store')
  assert.match(String(answer.headers['content-type']), /^application\/json/)
}

test('answers five fields and no others', async () => {
  const answer = await ask('?locationId=berlin')
  assert.is(answer.statusCode, 200)
  assert.is(
    answer.body,
    '{"status":"success","data":{"locationId":"berlin","totalMediaItems":30,"activeWorkflows":1,' +
      '"completedWorkflows":2,"generatedAt":"2025-05-01T12:00:00.000Z"}}',
  )
  assert.is(answer.headers['cache-control'], 'no-store')
  assert.match(String(answer.headers['content-type']), /^application\/json/)
})

test('the scheme of the header may have any case', async () => {
  assert.is((await ask('?locationId=berlin', { authorization: `bearer ${token}` })).statusCode, 200)
})

for (const [name, headers] of Object.entries({
  none: {},
  'a wrong one': { authorization: 'Bearer wrong' },
  'an empty one': { authorization: 'Bearer ' },
  'the beginning of the right one': { authorization: `Bearer ${token.slice(0, -1)}` },
  'more than the right one': { authorization: `Bearer ${token}x` },
  'the right one without a scheme': { authorization: token },
  'the right one under another scheme': { authorization: `Basic ${token}` },
}))
  test(`refuses a token: ${name}`, async () => {
    const answer = await ask('', headers)
    expectFailure(answer, 401, 'unauthorized')
    assert.is(answer.headers['www-authenticate'], 'Bearer')
  })

test('a token in the query is none', async () => {
  expectFailure(await ask(`?locationId=berlin&token=${token}`, {}), 401, 'unauthorized')
})

test('asks for a location', async () => {
  for (const query of ['', '?', '?locationId=', '?location=berlin'])
    expectFailure(await ask(query), 400, 'location-missing')
})

test('refuses what no location can be called', async () => {
  const queries = ['locationId=a&locationId=b', 'locationId=%20', 'locationId=%09%0A']
  for (const query of [...queries, `locationId=${'x'.repeat(201)}`])
    expectFailure(await ask(`?${query}`), 400, 'location-invalid')
})

test('says that a location is unknown, also one with a name of JavaScript', async () => {
  for (const name of [
    'atlantis',
    '__proto__',
    'constructor',
    '%E2%82%AC',
    'a%2Fb',
    'a%00',
    'void:1',
    'x'.repeat(200),
  ])
    expectFailure(await ask(`?locationId=${name}`), 404, 'location-unknown')
})

test('says that the store is away', async () => {
  const analytics = () => Promise.reject(new Away('mongodb://u:p@h does not answer'))
  const answer = await ask('?locationId=berlin', allowed, { analytics })
  expectFailure(answer, 503, 'store-unavailable')
  assert.not.match(answer.body, 'mongodb')
})

test('a bug is told without its text', async () => {
  const analytics = () =>
    Promise.reject(Object.assign(new Error('mongodb://u:p@h in /srv/x.ts'), { statusCode: 418 }))
  const answer = await ask('?locationId=berlin', allowed, { analytics })
  expectFailure(answer, 500, 'internal')
  assert.not.match(answer.body, 'mongodb')
  assert.not.match(answer.body, '/srv')
})

test('knows two pages', async () => {
  for (const url of ['/', '/analytics/x', '/favicon.ico', '/%zz', `/${'x'.repeat(5000)}`]) {
    const answer = await server().inject({ url, headers: allowed })
    if (url === '/%zz') expectFailure(answer, 400, 'bad-request')
    else expectFailure(answer, 404, 'route-unknown')
  }
})

test('only reads', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)
    for (const url of ['/analytics?locationId=berlin', '/health']) {
      const headers = { ...allowed, 'content-type': 'application/json' }
      const answer = await server().inject({ method, url, headers, payload: '{ no JSON' })
      expectFailure(answer, 405, 'method-not-allowed')
      assert.is(answer.headers.allow, 'GET, HEAD')
    }
})

test('HEAD is GET without a body', async () => {
  const answer = await server().inject({
    method: 'HEAD',
    url: '/analytics?locationId=berlin',
    headers: allowed,
  })
  assert.is(answer.statusCode, 200)
  assert.is(answer.body, '')
})

test('refuses to be made without a usable token', () => {
  for (const bad of [undefined, '', '  ', 'two words', 'schlüssel'])
    assert.throws(
      () => analyticsServer({ ledger: fakeLedger(), token: bad, logger: quiet() }),
      (error: unknown) =>
        error instanceof Error &&
        error.name === 'ConfigurationError' &&
        /^API_TOKEN: .*openssl rand -hex 32/.test(error.message),
    )
})

test.run()

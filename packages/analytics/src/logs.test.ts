import { once } from 'node:events'
import { connect } from 'node:net'
import { processLogger } from '@crawl-ledger/process'
import { pino } from 'pino'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Away, fakeLedger } from './fake-ledger.js'
import { analyticsServer } from './server.js'

const token = 'tok-3f9a77c1'
const password = 'pa55-word'
const url = `mongodb://crawler:${password}@db.example/ta_crawler?authSource=admin`
const allowed = { authorization: `Bearer ${token}` }

const capture = () => {
  const lines: string[] = []
  return { lines, destination: { write: (line: string) => lines.push(line) } }
}

const broken = (error: Error) =>
  Object.assign(error, {
    options: { uri: url, credentials: { password } },
    cause: new Error(`caused by ${url}`),
  })

const loggers = {
  'its own logger': (destination: { write: (line: string) => unknown }) =>
    processLogger({ service: 'analytics', level: 'trace', secrets: [token], destination }),
  'a plain pino': (destination: { write: (line: string) => unknown }) =>
    pino({ level: 'trace' }, destination),
}

/** Asks in every way that could carry a secret into the log. */
const provoke = async (app: ReturnType<typeof analyticsServer>): Promise<void> => {
  const at = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  for (const path of [
    '/analytics?locationId=berlin',
    '/analytics?locationId=bug',
    '/analytics?locationId=away',
    `/analytics?locationId=berlin&token=${token}`,
    `/analytics?locationId=${token}`,
    `/${token}`,
    `/%zz${token}`,
    '/health',
  ])
    for (const headers of [allowed, { authorization: `Basic ${token}` }])
      await (await fetch(new URL(path, at), { headers })).text()

  const socket = connect(Number(at.port), at.hostname)
  socket.end(`GET /analytics HTTP/1.1\r\nAuthorization: Bearer ${token}\r\nbroken header\r\n\r\n`)
  let answer = ''
  socket.on('data', data => {
    answer += data
  })
  await once(socket, 'close')
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
  assert.match(answer, '"code":"bad-request"')
  await app.close()
}

for (const [name, logger] of Object.entries(loggers))
  test(`no secret reaches the log, with ${name}`, async () => {
    const { lines, destination } = capture()
    const ledger = fakeLedger({
      analytics: async id => {
        if (id === 'bug') throw broken(new TypeError(`cannot read ${url}`))
        if (id === 'away') throw broken(new Away(`${url} does not answer, token ${token}`))
        return undefined
      },
      ping: () => Promise.reject(broken(new Away(url))),
    })
    await provoke(analyticsServer({ ledger, token, logger: logger(destination) }))

    const all = lines.join('')
    for (const secret of [token, password, 'crawler:', 'authSource']) assert.not.ok(all.includes(secret), all)
    const logged = lines.map(line => JSON.parse(line))
    assert.ok(logged.some(line => line.error?.type === 'TypeError' && line.error.stack.includes('logs.test')))
    assert.ok(logged.some(line => line.msg === 'the store does not answer'))
    assert.ok(logged.some(line => line.status === 401 && line.route === '/analytics' && line.durationMs >= 0))
  })

test('its own logger hides a header that somebody logs after all', () => {
  const { lines, destination } = capture()
  const logger = processLogger({ service: 'analytics', secrets: [token], destination })
  logger.info({ req: { headers: { authorization: 'Bearer another' } }, url }, `given ${token}`)
  assert.not.match(lines.join(''), /another|pa55|tok-/)
})

test('the message of a 500 leads to its line in the log', async () => {
  const { lines, destination } = capture()
  const app = analyticsServer({
    ledger: fakeLedger({ analytics: () => Promise.reject(new Error('bug')) }),
    token,
    logger: processLogger({ service: 'analytics', destination }),
  })
  const answer = await app.inject({ url: '/analytics?locationId=x', headers: allowed })
  const logged = lines.map(line => JSON.parse(line)).find(line => line.error?.message === 'bug')
  assert.ok(answer.json().error.message.includes(logged.reqId))
})

test.run()

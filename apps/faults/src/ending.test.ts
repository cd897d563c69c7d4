import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FaultProxy, faultProxy } from '@crawl-ledger/mongodb/fault-proxy'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { type Child, type Children, childrenOf } from '@crawl-ledger/process/child'
import { silentServer } from '@crawl-ledger/process/silent-server'
import { startTestBroker } from '@crawl-ledger/service-bus/test-broker'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

/** Each waits for the end of a program, for as long as the run allows: one that does not end is what they find. */
const test = suite('SIGTERM ends every program')

const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-ending-'))
const started: Children[] = []
test.after(() => {
  for (const children of started) children.end()
  rmSync(folder, { recursive: true, force: true })
})

const run = (app: string, args: readonly string[], env: Record<string, string>): Child => {
  const children = childrenOf(new URL(`../../${app}/src/main.ts`, import.meta.url))
  started.push(children)
  return children.run(args, env)
}

/** Waits until a program is so far. One that ended is never. */
const reached = async ({ child, said }: Child, isSo: () => boolean): Promise<void> => {
  while (!isSo()) {
    assert.is(child.exitCode, null, `it ended: ${said.out}${said.err}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** What became of several at once: a failure of one hides no other, and all are over. */
const none = (ended: readonly PromiseSettledResult<void>[]): void => {
  const failures = ended.flatMap(one => (one.status === 'rejected' ? [String(one.reason)] : []))
  assert.equal(failures, [])
}

const busAt = (port: number): string =>
  `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=k;SharedAccessKey=k;UseDevelopmentEmulator=true`

const sqlite = (name: string): string => `sqlite:${join(folder, `${name}.db`)}`

const said =
  (text: string) =>
  ({ said: { out, err } }: Child): boolean =>
    (out + err).includes(text)

const message = (i: number) => ({
  type: 'error',
  context: {
    batchId: 'b',
    locationId: `l${i % 50}`,
    stage: 'crawl-media',
    completedStages: [],
    metadata: {},
  },
  payload: { error: `e${i}` },
})

const withSilentBroker = async (app: string, args: readonly string[], signal: NodeJS.Signals) => {
  const broker = await silentServer()
  const store = sqlite(`${app}-${signal}`)
  try {
    const ledger = await openLedger({ store, project: false })
    try {
      await ledger.handle(message(0))
    } finally {
      await ledger.close()
    }
    const program = run(app, args, { STORE: store, AZURE_SERVICE_BUS_CONNECTION_STRING: busAt(broker.port) })
    await reached(program, () => broker.accepted() > 0)
    program.child.kill(signal)
    const { code, out, err } = await program.ended
    assert.is(code, 0, `${app}: ${out}${err}`)
  } finally {
    await broker.close()
  }
}

test('with a broker that accepts and stays silent', async () => {
  const ended = await Promise.allSettled(
    (['SIGTERM', 'SIGINT'] as const).flatMap(signal => [
      withSilentBroker('crawler-example', ['--queue', 'crawl'], signal),
      withSilentBroker('publisher', ['--to', 'events', '--from', 'start'], signal),
    ]),
  )
  none(ended)
})

test('analytics, with clients that keep their connections and one that asks for ever', async () => {
  const program = run('analytics', ['--port', '0', '--host', '127.0.0.1'], {
    STORE: 'memory:',
    API_TOKEN: 'a-token-of-the-tests',
  })
  const clients: Socket[] = []
  const client = (port: number, text: string): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      clients.push(socket)
      socket.once('connect', () => socket.write(text, () => resolve(socket))).once('error', reject)
    })
  try {
    const port = (): number => Number(/http:\/\/127\.0\.0\.1:(\d+)\/analytics/.exec(program.said.out)?.[1])
    await reached(program, () => port() > 0)
    await client(port(), '')
    await client(port(), 'GET /health HTTP/1.1\r\nhost: a\r\n')
    const answered = await client(port(), 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n')
    await new Promise(resolve => answered.once('data', resolve))
    program.child.kill('SIGTERM')
    const { code, out, err } = await program.ended
    assert.is(code, 0, out + err)
  } finally {
    for (const socket of clients) socket.destroy()
  }
})

/** A program, and when it is so far that its store may fall silent. */
interface Case {
  readonly app: string
  readonly args: readonly string[]
  readonly isReady: (program: Child, proxy: FaultProxy) => boolean
}

const messages = join(folder, 'messages.jsonl')
writeFileSync(
  messages,
  Array.from({ length: 50_000 }, (_, i) => JSON.stringify({ id: `m${i}`, ...message(i) })).join('\n'),
)

const cases: readonly Case[] = [
  { app: 'projector', args: ['--port', '0', '--host', '127.0.0.1'], isReady: said('partitions changed') },
  { app: 'analytics', args: ['--port', '0', '--host', '127.0.0.1'], isReady: said('/analytics') },
  { app: 'publisher', args: ['--to', 'events'], isReady: said('"publishing"') },
  { app: 'crawler-example', args: ['--queue', 'crawl'], isReady: said('"receiving"') },
  { app: 'demo', args: ['--from', messages], isReady: (_, proxy) => proxy.count('insert') > 5 },
  { app: 'crawler-example', args: [folder], isReady: (_, proxy) => proxy.count('insert') > 0 },
  { app: 'replay', args: ['tail'], isReady: (_, proxy) => proxy.count('find') > 20 },
]

const withSilentStore = async (url: URL, { app, args, isReady }: Case) => {
  const proxy = await faultProxy(String(url))
  const broker = await startTestBroker()
  broker.queue('crawl', { sessions: false })
  broker.topic('events')
  try {
    await (await openLedger({ store: String(url) })).close()
    const program = run(app, args, {
      STORE: proxy.url,
      API_TOKEN: 'a-token-of-the-tests',
      AZURE_SERVICE_BUS_CONNECTION_STRING: broker.connectionString,
    })
    await reached(program, () => isReady(program, proxy))
    proxy.isSilent = true
    program.child.kill('SIGTERM')
    const { code, out, err } = await program.ended
    const text = `${app} ended with ${code}: ${out}${err}`
    // 143 where it waited for the store in vain, and says so.
    assert.ok([0, 1, 130, 143].includes(Number(code)), text)
    if (code === 143) assert.match(out + err, /not closed within 8000 ms: /, text)
  } finally {
    await proxy.close()
    await broker.close()
  }
}

const server = mongoTestServer()
if (server !== undefined)
  test('with a store that accepts and stays silent', async () => {
    const urlOf = async (i: number): Promise<URL> => {
      const url = new URL(await server.url())
      url.pathname = `/ending-${process.pid}-${i}`
      return url
    }
    none(await Promise.allSettled(cases.map(async (one, i) => withSilentStore(await urlOf(i), one))))
  })

test.run()

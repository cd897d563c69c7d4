import net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { StoreUnavailable } from '@crawl-ledger/log'
import { MongoNotConnectedError } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Connection, connect } from './connection.js'
import { Renewal } from './renewal.js'
import { mongoTestServer } from './test-server.js'

const test = suite('mongodb: a client that lost its way')

/** Runs with the sockets that are opened meanwhile, the first one first. */
const withSockets = async (use: (sockets: readonly net.Socket[]) => Promise<void>): Promise<void> => {
  const sockets: net.Socket[] = []
  const { createConnection } = net
  net.createConnection = ((...args: Parameters<typeof createConnection>) => {
    const socket = createConnection(...args)
    sockets.push(socket)
    return socket
  }) as typeof createConnection
  try {
    await use(sockets)
  } finally {
    net.createConnection = createConnection
  }
}

const ping = ({ db, run }: Connection): Promise<unknown> => run(() => db.command({ ping: 1 }), 300)

const answer = (connection: Connection): Promise<unknown> =>
  ping(connection).then(
    () => 'answered',
    (error: unknown) => error,
  )

const server = mongoTestServer()

const withConnection = async (use: (connection: Connection) => Promise<void>): Promise<void> => {
  const url = new URL((await server?.url()) ?? '')
  // So that the driver looks for the server as soon as it is told to.
  url.searchParams.set('minHeartbeatFrequencyMS', '0')
  url.searchParams.set('serverMonitoringMode', 'poll')
  const connection = connect(String(url), 'renewal', { serverSelectionMs: 200 })
  try {
    await use(connection)
  } finally {
    await connection.close()
  }
}

if (server !== undefined) {
  test('sockets that close while the driver writes to them are not waited for', () =>
    withSockets(sockets =>
      withConnection(async connection => {
        await ping(connection)
        for (const socket of sockets) socket.destroy()
        assert.instance(await answer(connection), StoreUnavailable)
        assert.is(await answer(connection), 'answered')
      }),
    ))

  test('the driver’s own look-out for the server may be lost', () =>
    withSockets(sockets =>
      withConnection(async connection => {
        await ping(connection)
        const [lookout, ...others] = sockets
        const before = others.map(socket => socket.bytesWritten)
        const asked = answer(connection)
        while (others.every((socket, i) => socket.bytesWritten === before[i])) await turn()
        for (const socket of others) socket.destroy(new Error('cut'))
        lookout?.destroy()
        assert.instance(await asked, StoreUnavailable)
        assert.instance(await answer(connection), StoreUnavailable, 'nobody looks out for the server')
        assert.is(await answer(connection), 'answered')
      }),
    ))

  test('what has no answer ends, and a client that is closed meanwhile stays so', () =>
    withConnection(async connection => {
      await ping(connection)
      const { client } = connection
      const close = client.close.bind(client)
      let goOn = (): void => {}
      const gate = new Promise<void>(resolve => {
        goOn = resolve
      })
      client.close = async () => {
        client.close = close
        await gate
        await close()
      }
      const never = connection.run(() => new Promise(() => {}), 10)
      assert.instance(await never.catch((error: unknown) => error), StoreUnavailable)
      await connection.close()
      goOn()
      assert.instance(await answer(connection), StoreUnavailable)
    }))
}

test('who asks while a lost client closes without end is answered by a new one', async () => {
  const made: { closes: number; close: () => Promise<void> }[] = []
  const renewal = new Renewal(() => {
    const client = {
      closes: 0,
      close: (): Promise<void> => {
        client.closes += 1
        // The last one closes.
        return made.indexOf(client) === 0 ? new Promise<void>(() => {}) : Promise.resolve()
      },
    }
    made.push(client)
    return client
  })
  const lost = async () => {
    throw new MongoNotConnectedError('lost')
  }
  await Promise.allSettled([renewal.ask(lost, 10), renewal.ask(lost, 10)])
  assert.is(made.length, 2, 'of those that lose one client the first replaces it')
  assert.is(made[0]?.closes, 1)
  assert.is(renewal.client, made[1])
  assert.is(await renewal.ask(async () => 'answered', 1000), 'answered')
  await renewal.close()
  await renewal.ask(lost, 10).catch(() => {})
  assert.is(made.length, 2, 'who is closed makes no other')
})

test('a client that connects without end is replaced, too', async () => {
  let made = 0
  const renewal = new Renewal(() => {
    made += 1
    return { close: async () => {} }
  })
  const first = renewal.client
  const work = (): Promise<string> =>
    renewal.client === first ? new Promise<string>(() => {}) : Promise.resolve('answered')
  const failure = await renewal.ask(work, 10).catch((error: unknown) => error)
  assert.match(String(failure), /no answer within 10 ms/)
  assert.is(await renewal.ask(work, 1000), 'answered')
  assert.is(made, 2)
  await renewal.close()
})

test.run()

import { StoreUnavailable } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connect } from './connection.js'
import { faultProxy } from './fault-proxy.test-kit.js'
import { mongoTestServer } from './test-server.js'

const test = suite('mongodb: a sign of life')
const server = mongoTestServer()

if (server !== undefined) {
  test('it does not wait behind the work', async () => {
    const proxy = await faultProxy(await server.url())
    const connection = connect(proxy.url, 'probe', { poolSize: 1 })
    try {
      await connection.ping()
      proxy.delayMs = 30
      let worked = 0
      const work = Array.from({ length: 20 }, async () => {
        await connection.run(() => connection.ledger.findOne({ _id: 'ledger' }))
        worked += 1
      })
      await connection.ping()
      assert.ok(worked < 20, 'a ping that shares the only connection comes last')
      await Promise.all(work)
    } finally {
      await connection.close()
      await proxy.close()
    }
  })

  test('connections that are cut are made again', async () => {
    const proxy = await faultProxy(await server.url())
    const connection = connect(proxy.url, 'probe')
    try {
      for (let i = 0; i < 3; i += 1) {
        await connection.ping()
        proxy.cut()
        await connection.ping().catch(() => {})
      }
      await connection.ping()
    } finally {
      await connection.close()
      await proxy.close()
    }
  })
}

test('a server that is not there is known at once, however long it is looked for', async () => {
  const connection = connect('mongodb://127.0.0.1:1', 'nowhere', { serverSelectionMs: 3_600_000 })
  try {
    for (let i = 0; i < 2; i += 1)
      assert.instance(await connection.ping().catch((error: unknown) => error), StoreUnavailable)
  } finally {
    await connection.close()
  }
})

test.run()

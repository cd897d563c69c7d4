import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMongo } from '@crawl-ledger/mongodb'
import { faultProxy } from '@crawl-ledger/mongodb/fault-proxy'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Receipt } from '../index.js'
import { batchContext } from '../messages.test-kit.js'
import { ledgerOver } from '../open-ledger.js'
import { SpoolFile } from '../spool/spool-file.js'
import { until } from './away.test-kit.js'

const test = suite('a server that is far away')
const server = mongoTestServer()

const messages = (count: number, workflows: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `m${i}`,
    type: 'error',
    context: batchContext({ locationId: `osaka-${i % workflows}` }),
    payload: { error: String(i) },
  }))

const outcomesOf = (receipts: readonly Receipt[]): readonly string[] => [
  ...new Set(receipts.map(({ outcome }) => outcome)),
]

if (server !== undefined) {
  test('200 ms for a round trip, without a spool: every message is recorded', async () => {
    const proxy = await faultProxy(await server.url())
    const ledger = ledgerOver(await openMongo(proxy.url, `far-${process.pid}`), 'the store', {
      project: false,
    })
    try {
      proxy.delayMs = 100
      const receipts = await Promise.all(messages(1500, 300).map(message => ledger.handle(message)))
      assert.equal(outcomesOf(receipts), ['recorded'])
    } finally {
      await ledger.close()
      await proxy.close()
    }
  })

  test('100 ms for a round trip: a spool drains', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-far-'))
    const proxy = await faultProxy(await server.url())
    const ledger = ledgerOver(await openMongo(proxy.url, `drain-${process.pid}`), 'the store', {
      project: false,
      retryForMs: 50,
      spoolFile: SpoolFile.open(join(folder, 'spool.db'), 'the store'),
    })
    try {
      proxy.answer = command => (command.insert === 'events' ? { ok: 0, code: 91 } : undefined)
      const receipts = await Promise.all(messages(1500, 50).map(message => ledger.handle(message)))
      assert.equal(outcomesOf(receipts), ['spooled'])
      proxy.delayMs = 50
      proxy.answer = () => undefined
      await until('an empty spool', () => ledger.spool?.status().messages === 0)
      assert.is(ledger.spool?.status().refused, 0)
      await ledger.close()
    } finally {
      await proxy.close()
      rmSync(folder, { recursive: true })
    }
  })
}

test.run()

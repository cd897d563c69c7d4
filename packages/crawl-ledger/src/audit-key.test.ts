import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openLedger } from './index.js'
import { batchContext } from './messages.test-kit.js'

const test = suite('the audit key')
const server = mongoTestServer()

const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-audit-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const places: readonly (readonly [string, (name: string) => Promise<string>])[] = [
  ['SQLite', async name => `sqlite:${join(folder, `${name}.db`)}`],
  ...(server === undefined
    ? []
    : [['MongoDB', async (name: string) => `${await server.url()}audit-${process.pid}-${name}`] as const]),
]

const [one, other] = ['the key of this ledger', 'the key of another one']

/** The code and text of the refusal, or `opened` where it opens and a message is recorded. */
const refusal = async (store: string, auditKey?: string): Promise<string> => {
  const options = { store, project: false, ...(auditKey === undefined ? {} : { auditKey }) }
  try {
    const ledger = await openLedger(options)
    try {
      const context = batchContext({ locationId: 'l' })
      const { outcome } = await ledger.handlers.handleError(context, {
        error: `${auditKey} ${Math.random()}`,
      })
      assert.is(outcome, 'recorded')
      return 'opened'
    } finally {
      await ledger.close()
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return `${error.code}: ${error.message}`
  }
}

for (const [name, place] of places) {
  test(`${name}: a ledger that has one is not opened with another, nor without`, async () => {
    const store = await place('keyed')
    assert.is(await refusal(store, one), 'opened')
    assert.match(await refusal(store, other), /^ledger-mismatch: .* sealed with another AUDIT_KEY/)
    assert.match(await refusal(store), /^ledger-mismatch: .* sealed with an AUDIT_KEY, and none is set/)
    assert.is(await refusal(store, one), 'opened')
  })

  test(`${name}: one that has none is not opened with one`, async () => {
    const store = await place('plain')
    assert.is(await refusal(store), 'opened')
    assert.match(await refusal(store, one), /^ledger-mismatch: .* kept without an AUDIT_KEY/)
    assert.is(await refusal(store), 'opened')
  })
}

test.run()

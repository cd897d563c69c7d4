import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { verify } from './verify.js'

const test = suite('crawl-replay verify')
const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-verify-'))
const store = `sqlite:${join(folder, 'ledger.db')}`

test.after(() => rmSync(folder, { recursive: true }))

/** What it writes where the error stream is a terminal. */
const onTerminal = async (work: () => Promise<unknown>): Promise<{ out: string; err: string }> => {
  const { stdout, stderr } = process
  const before = { out: stdout.write, err: stderr.write, isTTY: stderr.isTTY }
  const written = { out: '', err: '' }
  const keep = (name: 'out' | 'err') => (chunk: unknown) => {
    written[name] += String(chunk)
    return true
  }
  Object.assign(stdout, { write: keep('out') })
  Object.assign(stderr, { write: keep('err'), isTTY: true })
  try {
    await work()
  } finally {
    Object.assign(stdout, { write: before.out })
    Object.assign(stderr, { write: before.err, isTTY: before.isTTY })
  }
  return written
}

test('on a terminal it shows how far it is, and takes that away; with --json it does not', async () => {
  const ledger = await openLedger({ store, partitions: 1 })
  const context = { locationId: 'l', batchId: 'b', stage: 'find-location' }
  await ledger.handle({ type: 'new_batch', context, payload: { locationId: 'l' } })
  await ledger.caughtUp()
  await ledger.close()
  const { out, err } = await onTerminal(() => verify({ store }))
  assert.match(err, /checking the log .* 1\/1 commits/)
  assert.match(err, /checking the views .* 1\/1 commits/)
  assert.match(out, /^\S+ledger\.db: 1 commit, /)
  assert.match(out, '2 documents are what the log says.')
  const { err: quiet } = await onTerminal(() => verify({ store, json: true }))
  assert.is(quiet, '')
})

test.run()

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from './run.js'

const test = suite('a run of tests')
const uvu = createRequire(import.meta.url).resolve('uvu')
const far = 10 * 60_000

/** Runs one file of tests, and answers with what came of it and what was shown. */
const running = async (source: string, { lingerMs = far } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-run-'))
  const shown: string[] = []
  const limit = new AbortController()
  try {
    writeFileSync(join(folder, 'one.test.ts'), `const { test } = require('${uvu}')\n${source}\ntest.run()\n`)
    const show = (line: string): void => {
      shown.push(line)
      if (line.includes('it waits')) limit.abort()
    }
    const outcome = await run({
      name: 'it',
      uvu: ['test\\.ts$'],
      folder,
      limit: limit.signal,
      lingerMs,
      show,
    })
    return { ...outcome, shown: shown.join('\n') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('counts what passed, what failed and what was skipped, and shows why', async () => {
  const { tally, trouble, shown } = await running(`
    test('one', () => {})
    test('two', () => { throw new Error('it is so') })
    test.skip('three', () => {})`)
  // What is skipped is not in the total.
  assert.equal([tally.total, tally.passed, tally.skipped], [2, 1, 1])
  assert.is(trouble, undefined)
  assert.match(shown, 'it is so')
  assert.not.match(shown, 'Total')
  assert.equal(
    tally.seconds().map(([file]) => file),
    ['one.test.ts'],
  )
})

test('a process that stays when its tests are over is ended, and says what it keeps open', async () => {
  const { tally, trouble, shown } = await running(
    `test('one', () => {
      require('node:net').createServer().listen(0)
      require('node:child_process').spawn('sleep', ['1000'])
      throw new Error('left open')
    })`,
    { lingerMs: 1 },
  )
  assert.equal([tally.total, tally.passed], [1, 0])
  assert.match(trouble ?? '', 'the process has not ended')
  assert.match(shown, /open: Server that listens at .*port/)
  assert.match(shown, /open: process \d+: sleep 1000/)
})

test('a test that waits for ever is ended at the limit, and its file is named', async () => {
  const { tally, trouble } = await running(
    `test('one', () => new Promise(() => { console.log('\\nit waits'); setInterval(() => {}, 1000) }))`,
  )
  assert.is(tally.isOver, false)
  assert.match(trouble ?? '', 'it was at one.test.ts')
})

test('a process that ends before its tests are over has failed', async () => {
  const { trouble } = await running(`test('one', () => process.exit(0))`)
  assert.match(trouble ?? '', 'before its tests were over')
})

test.run()

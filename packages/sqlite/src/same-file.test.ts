import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreLost } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { sameFile } from './same-file.js'

const test = suite('the file in its place')

test('it is looked at once in 100 ms, and in between the last answer holds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-same-'))
  const path = join(folder, 'a.db')
  try {
    writeFileSync(path, 'a')
    let now = 0
    const file = sameFile(path, 'The file', () => now)
    renameSync(path, `${path}-moved`)
    now = 99
    file.look()
    assert.equal(file.isInPlace(), false)
    now = 100
    assert.throws(file.look, StoreLost)
    renameSync(`${path}-moved`, path)
    now = 199
    assert.throws(file.look, StoreLost)
    now = 200
    file.look()
    assert.equal(file.isInPlace(), true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a database in memory has no file that could be lost', () => {
  let now = 0
  const file = sameFile(':memory:', 'The database', () => now)
  now = 1000
  file.look()
})

test.run()

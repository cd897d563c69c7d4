import { spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { writeFileOf } from './files.js'

const test = suite('files of an archive')

async function* lines() {
  yield 'one\n'
  yield 'two\n'
}

test('a pipe is written to, and stays a pipe', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-'))
  try {
    const path = join(folder, 'pipe')
    assert.is(spawnSync('mkfifo', [path]).status, 0)
    const [read] = await Promise.all([text(createReadStream(path)), writeFileOf(path, lines())])
    assert.is(read, 'one\ntwo\n')
    assert.ok(statSync(path).isFIFO())
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()

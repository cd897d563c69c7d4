import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shownPath, storeOf, whereIsIt } from './where.js'

const test = suite('where')
const options = { json: false, serve: false }

test('the option wins over the environment, which wins over a file for each crawl', () => {
  const before = process.cwd()
  const folder = mkdtempSync(join(tmpdir(), 'demo-where-'))
  process.chdir(folder)
  try {
    assert.is(storeOf({ ...options, store: 'memory:' }, { STORE: 'sqlite:x' }, 'f'), 'memory:')
    assert.is(storeOf(options, { STORE: 'sqlite:x' }, 'f'), 'sqlite:x')
    assert.is(
      storeOf(options, { STORE: '' }, '/data/crawl-osaka.jsonl.gz'),
      'sqlite:.crawl-ledger/crawl-osaka.db',
    )
    assert.is(storeOf(options, {}, 'my crawl?.json'), 'sqlite:.crawl-ledger/my-crawl-.db')
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true, force: true })
  }
})

test('paths are shown as a person would find them', () => {
  assert.is(shownPath(resolve('apps/x')), join('apps', 'x'))
  assert.is(shownPath('/elsewhere/x'), '/elsewhere/x')
  assert.is(whereIsIt('sqlite:a/b.db'), resolve('a/b.db'))
  assert.is(whereIsIt('mongodb://h/d'), 'mongodb://h/d')
})

test.run()

import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { statusOf } from './failure.js'

test('the page for analysts lists exactly the codes that exist, with their status', async () => {
  const page = await readFile(new URL('../../../docs/analytics.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\|\s*(\d{3})\s*\|\s*`([a-z-]+)`\s*\|/gm)].map(([, status, code]) => [
    code,
    Number(status),
  ])
  assert.equal(Object.fromEntries(rows), statusOf)
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isWorthRetrying } from './trouble.js'

const test = suite('trouble')

test('only what may pass is worth another attempt, and only so often', () => {
  for (const code of ['http-404', 'broken-image', 'ENOENT'])
    assert.is(isWorthRetrying(code, 1, 2), false, code)
  for (const code of ['timeout', 'http-503', 'no-answer']) {
    assert.is(isWorthRetrying(code, 1, 2), true, code)
    assert.is(isWorthRetrying(code, 2, 2), false, code)
  }
})

test.run()

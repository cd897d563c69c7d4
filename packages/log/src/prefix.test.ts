import assert from 'node:assert/strict'
import { suite } from 'uvu'
import { prefixEnd } from './prefix.js'

const test = suite('prefix')

test('the end of a prefix is the next text that does not begin with it', () => {
  assert.equal(prefixEnd('a/b/'), 'a/b0')
  assert.equal(prefixEnd('é'), 'ê')
  assert.equal(prefixEnd('😀'), '😁')
  assert.equal(prefixEnd('\ud7ff'), '\ue000')
  assert.equal(prefixEnd('\uffff'), '\u{10000}')
  assert.equal(prefixEnd('a\u{10ffff}'), 'b')
  assert.equal(prefixEnd('\u{10ffff}'), undefined)
  assert.equal(prefixEnd(''), undefined)
})

test.run()

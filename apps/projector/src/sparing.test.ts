import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sparing } from './sparing.js'

const test = suite('sparing')

test('the same text is said once a minute, and another one at once', () => {
  let time = 0
  const says = sparing(60_000, () => time)
  assert.equal([says('away'), says('away')], [true, false])
  time = 59_999
  assert.is(says('away'), false)
  time = 60_000
  assert.equal([says('away'), says('away'), says('full'), says('away')], [true, false, true, true])
})

test.run()

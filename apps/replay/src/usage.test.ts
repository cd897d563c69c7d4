import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { locationNameOf, momentOf, nameOf, placeOf, UsageError, wholeOf, workflowOf } from './usage.js'

const test = suite('what a command line may say')

const refuses = (read: (text: string) => unknown, ...texts: readonly string[]): void => {
  for (const text of texts)
    assert.throws(
      () => read(text),
      (error: unknown) => error instanceof UsageError && error.message.includes(`"${text}"`),
    )
}

test('a moment is a position or an ISO time', () => {
  assert.equal(momentOf('17'), { position: 17 })
  for (const time of [
    '2026-11-24',
    '2026-11-24T12:00',
    '2026-11-24T12:00:00.5Z',
    '2026-11-24T12:00:00+09:00',
  ])
    assert.equal(momentOf(time), { time })
  refuses(momentOf, '', '-5', '1.5', 'yesterday', '24 Nov 2026', '2026-13-01', '2026-11-24T25:00:00Z')
})

test('names of workflows and locations', () => {
  assert.is(workflowOf('osaka-8/batch-7'), 'osaka-8/batch-7')
  assert.is(locationNameOf('osaka-8'), 'osaka-8')
  assert.is(nameOf('osaka-8'), 'osaka-8')
  assert.is(nameOf('osaka-8/batch-7'), 'osaka-8/batch-7')
  refuses(workflowOf, '', 'osaka-8', 'osaka-8/', '/batch-7', 'osaka-8/batch-7/media-1')
  refuses(locationNameOf, '', 'osaka-8/batch-7')
  refuses(nameOf, '', 'osaka-8/', 'osaka-8/batch-7/media-1')
})

test('places and whole numbers', () => {
  assert.equal(placeOf('3:17'), { partition: 3, position: 17 })
  refuses(placeOf, '', '3', '3:', ':17', 'a:b', '3:-1')
  assert.is(wholeOf('--throttle')('20'), 20)
  refuses(wholeOf('--throttle'), '0', '-1', '1.5', 'x')
})

test.run()

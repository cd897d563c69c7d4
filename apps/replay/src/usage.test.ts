import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { locationNameOf, momentOf, namesOf, placeOf, UsageError, wholeOf, workflowsOf } from './usage.js'

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
  const workflow = { locationId: 'osaka-8', batchId: 'batch-7' }
  assert.equal(workflowsOf('osaka-8/batch-7'), [workflow])
  assert.equal(workflowsOf('osaka-8', 'batch-7'), [workflow])
  assert.is(locationNameOf('osaka-8'), 'osaka-8')
  assert.equal(namesOf('osaka-8'), [{ locationId: 'osaka-8' }])
  assert.equal(namesOf('osaka-8/batch-7'), [workflow])
  assert.equal(namesOf('osaka-8', 'batch-7'), [workflow])
  refuses(workflowsOf, '', 'osaka-8', 'osaka-8/', '/batch-7', 'osaka-8/batch-7/media-1', ' / ')
  refuses(locationNameOf, '', ' ')
  refuses(namesOf, '', 'osaka-8/', 'osaka-8/batch-7/media-1')
  refuses(text => workflowsOf('osaka-8', text), '', ' ')
})

test('an id that holds a slash is given as a word of its own, or as keys have it', () => {
  assert.equal(workflowsOf('a/b', 'c/d'), [{ locationId: 'a/b', batchId: 'c/d' }])
  const asKey = { locationId: 'a%2Fb', batchId: 'c' }
  assert.equal(workflowsOf('a%2Fb/c'), [asKey, { locationId: 'a/b', batchId: 'c' }])
  assert.equal(workflowsOf('a%2Fb', 'c'), [asKey])
  assert.equal(workflowsOf('50%/c'), [{ locationId: '50%', batchId: 'c' }])
  assert.equal(namesOf('a%2Fb'), [{ locationId: 'a%2Fb' }, { locationId: 'a/b' }])
  assert.is(locationNameOf('a/b'), 'a/b')
})

test('places and whole numbers', () => {
  assert.equal(placeOf('3:17'), { partition: 3, position: 17 })
  refuses(placeOf, '', '3', '3:', ':17', 'a:b', '3:-1')
  assert.is(wholeOf('--throttle')('20'), 20)
  refuses(wholeOf('--throttle'), '0', '-1', '1.5', 'x')
})

test.run()

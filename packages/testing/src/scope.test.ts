import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { scoped } from './scope.js'

const test = suite('the scope of a test')

const noting = (closed: string[], name: string, failure?: Error) => ({
  close: async () => {
    closed.push(name)
    if (failure !== undefined) throw failure
  },
})

const failureOf = (work: () => Promise<void>): Promise<unknown> =>
  work().then(
    () => undefined,
    (error: unknown) => error,
  )

test('closes what was opened, the last first, also where the test fails, and fails with that', async () => {
  const closed: string[] = []
  const [first, second] = [new Error('the test'), new Error('closing')]
  const failure = await failureOf(
    scoped(async opened => {
      opened(noting(closed, 'a'))
      opened(noting(closed, 'b', second))
      opened(noting(closed, 'c'))
      throw first
    }),
  )
  assert.is(failure, first)
  assert.equal(closed, ['c', 'b', 'a'])
})

test('fails where only closing does', async () => {
  const failure = new Error('closing')
  assert.is(await failureOf(scoped(async opened => void opened(noting([], 'a', failure)))), failure)
})

test.run()

import { type Logger, StoreUnavailable } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { kept, makeUntilThere, Refused } from './store-away.js'

const test = suite('store away')
const away = new StoreUnavailable('the store', undefined)

const waiting = (signal = new AbortController().signal) => {
  const warnings: string[] = []
  const logger: Logger = { info: () => {}, warn: (_, text) => warnings.push(text), error: () => {} }
  return { warnings, untilThere: makeUntilThere({ store: 'the store' }, signal, logger) }
}

test('all ask again until the store is there, and one of them says so, at each absence', async () => {
  const { warnings, untilThere } = waiting()
  for (const absences of [1, 2]) {
    const answers = await Promise.all(
      [1, 2, 3].map(() => {
        let asked = 0
        return untilThere(async () => {
          asked += 1
          if (asked < 3) throw away
          return asked
        })
      }),
    )
    assert.equal(answers, [3, 3, 3])
    assert.is(warnings.length, absences)
  }
})

test('told to stop it does not wait, and other errors it does not hold back', async () => {
  const stop = new AbortController()
  const { untilThere } = waiting(stop.signal)
  const failing = (error: Error) =>
    untilThere(async () => {
      throw error
    }).catch((error: unknown) => error)
  const other = new Error('a mistake')
  assert.is(await failing(other), other)
  stop.abort()
  assert.is(await failing(away), away)
})

test('a receipt is kept, worth another attempt, or a mistake', () => {
  assert.equal(kept({ outcome: 'unchanged' }, 's'), { outcome: 'unchanged' })
  assert.throws(
    () => kept({ outcome: 'unavailable' }, 's'),
    (error: unknown) => error instanceof StoreUnavailable,
  )
  assert.throws(
    () => kept({ outcome: 'rejected', rejection: { code: 'invalid', message: 'why' } }, 's'),
    (error: unknown) => error instanceof Refused,
  )
})

test.run()

import { type Logger, StoreUnavailable } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { kept, Refused, untilThere } from './store-away.js'

const test = suite('store away')
const warnings: string[] = []
const logger: Logger = { info: () => {}, warn: (_, text) => warnings.push(text), error: () => {} }
const away = new StoreUnavailable('the store', undefined)

test('asks again until the store is there, and says so once', async () => {
  let asked = 0
  const answer = await untilThere(new AbortController().signal, logger, async () => {
    asked += 1
    if (asked < 3) throw away
    return asked
  })
  assert.is(answer, 3)
  assert.is(warnings.length, 1)
})

test('told to stop it does not wait, and other errors it does not hold back', async () => {
  const stop = new AbortController()
  const failing = (error: Error) =>
    untilThere(stop.signal, logger, async () => {
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

import { StoreAway, StoreUnavailable } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from './away.test-kit.js'
import { StoreWatch } from './store-watch.js'

const test = suite('the watch over a store')
const gone = new StoreUnavailable('The store', undefined)
const never = <A>(): Promise<A> => new Promise<A>(() => {})

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

/** A watch whose pings do as they are told. */
const watching = () => {
  const ping = { answer: (): Promise<unknown> => Promise.resolve(), count: 0 }
  const changes: boolean[] = []
  const troubles: unknown[] = []
  const watch = new StoreWatch('The store', {
    ping: () => {
      ping.count += 1
      return ping.answer()
    },
    patienceMs: 10,
    pingMs: 20,
    callMs: 200,
    onTrouble: error => troubles.push(error),
  })
  watch.changes.subscribe(away => changes.push(away))
  return { watch, ping, changes, troubles }
}

test('a call that fails while the store answers pings is the caller’s own affair', async () => {
  const { watch, ping, changes } = watching()
  assert.is(await failureOf(watch.call(() => Promise.reject(gone))), gone)
  await until('the question', () => ping.count > 0)
  assert.is(await watch.call(async () => 7), 7)
  assert.equal(changes, [])
  watch.close()
})

test('an error that is no absence raises no question', async () => {
  const { watch, ping } = watching()
  const mistake = new TypeError('a mistake')
  assert.is(await failureOf(watch.call(() => Promise.reject(mistake))), mistake)
  assert.is(ping.count, 0)
  watch.close()
})

test('a ping that fails once is not enough', async () => {
  const { watch, ping, changes } = watching()
  ping.answer = () => (ping.count === 1 ? Promise.reject(gone) : Promise.resolve())
  await failureOf(watch.call(() => Promise.reject(gone)))
  await until('the second question', () => ping.count === 2)
  assert.equal(changes, [])
  watch.close()
})

test('a store that hangs is found out, and what is under way is given up', async () => {
  const { watch, ping, changes } = watching()
  ping.answer = never
  const [one, other] = await Promise.all([failureOf(watch.call(never)), failureOf(watch.call(never))])
  assert.instance(one, StoreAway)
  assert.instance(other, StoreUnavailable)
  assert.equal(changes, [true])
  watch.close()
})

test('a call whose connection is dead is given up although the store is there', async () => {
  const { watch, changes } = watching()
  const error = await failureOf(watch.call(never))
  assert.instance(error, StoreUnavailable)
  assert.not.instance(error, StoreAway)
  assert.equal(changes, [])
  watch.close()
})

test('while it is away no call reaches the store; a ping brings it back', async () => {
  const { watch, ping, changes, troubles } = watching()
  ping.answer = () => Promise.reject(gone)
  await failureOf(watch.call(() => Promise.reject(gone)))
  await until('away', () => watch.isAway)
  let reached = 0
  const call = async (): Promise<number> => {
    reached += 1
    return reached
  }
  for (let i = 0; i < 10; i += 1) assert.instance(await failureOf(watch.call(call)), StoreAway)
  assert.is(reached, 0)
  const before = ping.count
  await until('more pings', () => ping.count > before + 1)
  ping.answer = () => Promise.resolve()
  await until('back', () => !watch.isAway)
  assert.is(await watch.call(call), 1)
  assert.equal(changes, [true, false])
  assert.equal(troubles, [gone], 'told once')
  watch.close()
})

test('another reason to be away is told too', async () => {
  const { watch, ping, troubles } = watching()
  const other = Object.assign(new Error('another'), { code: 'ledger-mismatch' })
  ping.answer = () => Promise.reject(ping.count < 4 ? gone : other)
  await failureOf(watch.call(() => Promise.reject(gone)))
  await until('both', () => troubles.length === 2)
  assert.equal(troubles, [gone, other])
  watch.close()
})

test('one that was never reached is away from the start', async () => {
  const watch = new StoreWatch('The store', { ping: never, away: true })
  const error = await failureOf(watch.call(async () => 1))
  assert.instance(error, StoreAway)
  assert.is((error as StoreAway).code, 'store-unavailable')
  watch.close()
})

test.run()

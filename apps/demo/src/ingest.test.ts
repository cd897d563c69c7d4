import type { Handle } from 'crawl-ledger'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Ingest, ingest, noCounts, StoreAway } from './ingest.js'
import { type Line, openMessages } from './messages-file.js'
import { readItems, readLocations, totalsOf } from './totals.js'
import { sample } from './where.js'

const test = suite('ingest')

type Receipt = Awaited<ReturnType<Handle>>
const recorded: Receipt = { outcome: 'recorded', position: 1 }

async function* numbered(...texts: readonly string[]): AsyncGenerator<Line> {
  for (const [i, text] of texts.entries()) yield { number: i + 1, text, bytes: text.length }
}

const numbers = (n: number): AsyncGenerator<Line> => numbered(...Array.from({ length: n }, (_, i) => `${i}`))

const given = async (options: Pick<Ingest, 'lines' | 'handle'> & Partial<Ingest>) => {
  const counts = noCounts()
  const rejected: string[] = []
  const onRejected = (line: number, reason: string): void => {
    rejected.push(`${line}: ${reason}`)
  }
  const error = await ingest({ counts, onRejected, pauseMs: 1, ...options }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { counts, rejected, error }
}

let sooner = 0

/** After none to three milliseconds, in an order of its own. */
const soon = (): Promise<void> => new Promise(resolve => setTimeout(resolve, (sooner++ * 7) % 4))

test('messages are handed over in order, many at once, never more than allowed', async () => {
  const order: unknown[] = []
  let flying = 0
  let most = 0
  const handle: Handle = async message => {
    order.push(message)
    most = Math.max(most, ++flying)
    await soon()
    flying -= 1
    return recorded
  }
  const { counts } = await given({ lines: numbers(200), handle, atOnce: 8 })
  assert.equal(order, [...Array(200).keys()])
  assert.is(most, 8)
  assert.equal(counts, { ...noCounts(), read: 200, recorded: 200 })
})

test('every outcome is counted, and what is rejected is told with its line', async () => {
  const receipts: readonly Receipt[] = [
    recorded,
    { outcome: 'duplicate', position: 1 },
    { outcome: 'unchanged' },
    { outcome: 'rejected', rejection: { code: 'invalid', message: 'No.' } },
  ]
  const handle: Handle = async message => receipts[Number(message)] ?? recorded
  const { counts, rejected } = await given({ lines: numbered('0', '{', '1', '2', '3'), handle })
  assert.equal(counts, { read: 5, recorded: 1, duplicate: 1, unchanged: 1, rejected: 2 })
  assert.is(rejected.length, 2)
  assert.match(rejected[0] ?? '', /^2: not JSON: /)
  assert.is(rejected[1], '5: No.')
})

test('while the store is away nothing new is handed over, and what waits comes first', async () => {
  const order: unknown[] = []
  let handed = 0
  let handedBefore = 0
  let away = 0
  let told = 0
  const handle: Handle = async message => {
    handed += 1
    await soon()
    if (Number(message) === 5 && away++ < 3) {
      if (away === 1) handedBefore = handed
      return { outcome: 'unavailable' }
    }
    order.push(message)
    return recorded
  }
  const { counts } = await given({ lines: numbers(50), handle, atOnce: 2, onAway: () => told++ })
  assert.is(counts.recorded, 50)
  assert.is(told, 1)
  // One more may have been handed over in the moment in which the answer came.
  assert.ok(order.indexOf(5) <= handedBefore, `5 was recorded as number ${order.indexOf(5)}`)
})

test('a store that stays away ends it, with all that was in flight counted', async () => {
  const handle: Handle = async message => (Number(message) === 3 ? { outcome: 'unavailable' } : recorded)
  const { counts, error } = await given({ lines: numbers(50), handle, atOnce: 4, patienceMs: 10 })
  assert.instance(error, StoreAway)
  assert.is(counts.recorded, counts.read - 1)
  assert.ok(counts.read < 8)
})

test('an error of the handler or of the file ends it after what is in flight', async () => {
  const broken = new Error('broken')
  const failing: Handle = async message => {
    await soon()
    if (Number(message) === 10) throw broken
    return recorded
  }
  const fromHandler = await given({ lines: numbers(1000), handle: failing, atOnce: 4 })
  assert.is(fromHandler.error, broken)
  assert.ok(fromHandler.counts.read < 30)

  async function* cut(): AsyncGenerator<Line> {
    yield* numbers(10)
    throw broken
  }
  const slow: Handle = async () => soon().then(() => recorded)
  const fromFile = await given({ lines: cut(), handle: slow })
  assert.is(fromFile.error, broken)
  assert.is(fromFile.counts.recorded, 10)
})

test('when stopped it finishes what is in flight and takes nothing more', async () => {
  const stop = new AbortController()
  const handle: Handle = async message => {
    if (Number(message) === 20) stop.abort()
    await soon()
    return recorded
  }
  const { counts, error } = await given({ lines: numbers(1000), handle, atOnce: 4, signal: stop.signal })
  assert.is(error, undefined)
  assert.is(counts.read, counts.recorded)
  assert.ok(counts.read >= 21 && counts.read < 30)
})

test('the sample gives its totals, and once more the same', async () => {
  const ledger = await openLedger({ store: 'memory:' })
  try {
    const once = await given({ lines: (await openMessages(sample)).lines(), handle: ledger.handle })
    assert.equal(once.counts, { read: 537, recorded: 532, duplicate: 5, unchanged: 0, rejected: 0 })
    const again = await given({ lines: (await openMessages(sample)).lines(), handle: ledger.handle })
    assert.equal(again.counts, { read: 537, recorded: 0, duplicate: 537, unchanged: 0, rejected: 0 })
    await ledger.caughtUp()
    assert.equal(totalsOf(await readLocations(ledger.locations), await readItems(ledger.media)), {
      locations: 3,
      workflows: 20,
      activeWorkflows: 2,
      completedWorkflows: 17,
      failedWorkflows: 1,
      mediaItems: 111,
      errors: 9,
      video: 54,
      image: 38,
      post: 19,
      bytes: 274066647,
      analysed: 109,
    })
  } finally {
    await ledger.close()
  }
})

test.run()

import { decodeMessage } from '@crawl-ledger/domain'
import type { Receipt } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectServiceBus } from './bus.js'
import { bodyOf, found, openWorld, recorded, until, type World } from './bus.test-kit.js'
import { startConsumer } from './consumer.js'
import { BusUnavailable, EntityMissing } from './errors.js'
import { type EntityOptions, startTestBroker } from './test-broker/index.js'

const test = suite('consumer')
let world: World | undefined

const fresh = async (options?: EntityOptions): Promise<World> => {
  world = await openWorld(options)
  return world
}

test.after.each(async () => {
  await world?.close()
  world = undefined
})

/** What the ledger says of a body that no message can be read from. */
const rejectionOf = (message: unknown) => {
  const decoded = decodeMessage(message, '2024-05-01T12:00:00.000Z')
  return decoded._tag === 'Left' && Buffer.isBuffer(message) && message.at(-1) === ':'.charCodeAt(0)
    ? decoded.left
    : undefined
}

const many = (count: number, locations = 1) =>
  Array.from({ length: count }, (_, i) => found(`m${i}`, `place-${i % locations}`))

for (const sessions of [false, true]) {
  const named = sessions ? 'with sessions' : 'without sessions'

  test(`${named}: a message is completed only when its handler has its receipt`, async () => {
    const { broker, consume } = await fresh({ sessions })
    let answer = (_: Receipt): void => {}
    let taken = 0
    consume({
      handle: () => {
        taken += 1
        return new Promise(resolve => {
          answer = resolve
        })
      },
    })
    broker.put('crawl', many(1))
    await until('the message to be taken', () => taken === 1)
    assert.is(broker.counts('crawl').completed, 0)
    assert.is(broker.counts('crawl').locked, 1)
    answer(recorded)
    await until('the message to be completed', () => broker.counts('crawl').completed === 1)
  })

  test(`${named}: a store that goes away while it stops keeps nobody, and the message is given back`, async () => {
    const { broker, consume } = await fresh({ sessions })
    let answer = (): void => {}
    const stopping = new Promise<void>(resolve => {
      answer = resolve
    })
    let asked = 0
    const consumer = consume({
      handle: async () => {
        asked += 1
        await stopping
        if (asked > 100) throw new Error('it asks without end')
        return { outcome: 'unavailable' }
      },
      ping: () => Promise.reject(new Error('away')),
    })
    broker.put('crawl', many(1))
    await until('the message to be taken', () => asked === 1)
    const stopped = consumer.stop()
    answer()
    await stopped
    // What is given back may come once more before the link is closed.
    assert.ok(asked < 10, `${asked}`)
    const { completed, deadLettered, abandoned } = consumer.now.counts
    assert.equal([completed, deadLettered, abandoned], [0, 0, asked])
  })

  test(`${named}: what cannot be taken is a dead letter with the reason`, async () => {
    const { broker, consume } = await fresh({ sessions })
    const consumer = consume({
      handle: async message => ({
        outcome: 'rejected',
        rejection: rejectionOf(message) ?? {
          code: 'invalid',
          message: 'context.batchId: expected a text.',
          path: 'context.batchId',
        },
      }),
    })
    broker.put('crawl', [
      found('m1'),
      { body: Buffer.from('{"type":'), messageId: 'broken', sessionId: 'osaka' },
    ])
    await until('both to be dead', () => broker.counts('crawl').deadLettered === 2)
    const dead = broker.messages('crawl/$deadletterqueue')
    const first = dead.find(({ messageId }) => messageId === 'found-m1')
    const second = dead.find(({ messageId }) => messageId === 'broken')
    assert.is(first?.deadLetterReason, 'invalid')
    assert.is(first?.deadLetterErrorDescription, 'context.batchId: expected a text.')
    assert.match(second?.deadLetterErrorDescription ?? '', 'neither an object nor JSON')
    await until('it to be counted', () => consumer.now.counts.deadLettered === 2)
  })

  test(`${named}: while the store is away messages are kept, and none is given back that need not be`, async () => {
    const { broker, consume } = await fresh({ sessions })
    let isAway = true
    let pings = 0
    const consumer = consume({
      atOnce: 4,
      handle: async () => (isAway ? { outcome: 'unavailable' } : recorded),
      ping: async () => {
        pings += 1
        if (isAway) throw new Error('away')
      },
    })
    broker.put('crawl', many(50))
    await until('the store to be missed', () => consumer.now.state === 'waiting' && pings > 1)
    assert.ok(broker.counts('crawl').active >= 40, 'nothing more is taken')
    isAway = false
    await until('all to be completed', () => broker.counts('crawl').completed === 50)
    assert.is(broker.counts('crawl').abandoned, 0)
    assert.is(consumer.now.state, 'receiving')
  })

  test(`${named}: a store that stays away gets the messages back to the broker`, async () => {
    const { broker, consume } = await fresh({ sessions })
    let isAway = true
    consume({
      holdMs: 20,
      handle: async () => (isAway ? { outcome: 'unavailable' } : recorded),
      ping: async () => {
        if (isAway) throw new Error('away')
      },
    })
    broker.put('crawl', many(3))
    await until(
      'all to be given back',
      () => broker.counts('crawl').active === 3 && broker.counts('crawl').abandoned >= 3,
    )
    isAway = false
    await until('all to be completed', () => broker.counts('crawl').completed === 3)
    assert.is(broker.counts('crawl').deadLettered, 0)
  })

  for (const atOnce of [2, 8])
    test(`${named}: no more are in hand than ${atOnce}, if that is allowed`, async () => {
      const { broker, consume } = await fresh({ sessions })
      let inHand = 0
      let most = 0
      consume({
        atOnce,
        sessionsAtOnce: 4,
        handle: async () => {
          inHand += 1
          most = Math.max(most, inHand)
          await new Promise(resolve => setTimeout(resolve, 1))
          inHand -= 1
          return recorded
        },
      })
      broker.put('crawl', many(200, 5))
      await until('all to be completed', () => broker.counts('crawl').completed === 200)
      assert.ok(most <= atOnce, `${most} in hand`)
      assert.ok(most > 1)
    })

  test(`${named}: the lock is renewed while a handler works`, async () => {
    const { broker, consume } = await fresh({ sessions, lockMs: 1500 })
    let calls = 0
    consume({
      handle: async () => {
        calls += 1
        await new Promise(resolve => setTimeout(resolve, 2500))
        return recorded
      },
    })
    broker.put('crawl', many(1))
    await until('it to be completed', () => broker.counts('crawl').completed === 1)
    assert.is(calls, 1)
    assert.is(broker.counts('crawl').expiredLocks, 0)
  })

  test(`${named}: a message whose settlement the broker did not hear of comes again`, async () => {
    const { broker, consume } = await fresh({ sessions, lockMs: 1000 })
    let cuts = 0
    broker.faults.onSettle = () => {
      cuts += 1
      return cuts === 1 ? 'before' : cuts === 20 ? 'after' : undefined
    }
    const handled = new Map<string, number>()
    consume({
      handle: async (_, { id = '' }) => {
        handled.set(id, (handled.get(id) ?? 0) + 1)
        return recorded
      },
    })
    broker.put('crawl', many(40))
    await until('all to be completed', () => broker.counts('crawl').completed === 40)
    assert.is(handled.size, 40)
    assert.ok([...handled.values()].some(count => count > 1))
    assert.is(broker.counts('crawl').deadLettered, 0)
  })

  test(`${named}: to stop settles what is in hand and takes nothing more`, async () => {
    const { broker, consume } = await fresh({ sessions })
    let taken = 0
    let answer = (): void => {}
    const answered = new Promise<void>(resolve => {
      answer = resolve
    })
    const consumer = consume({
      atOnce: 4,
      sessionsAtOnce: 1,
      handle: async () => {
        taken += 1
        await answered
        return recorded
      },
    })
    broker.put('crawl', many(20))
    await until('some to be taken', () => taken === 4)
    const stopped = consumer.stop()
    answer()
    await stopped
    const { completed, active, locked } = broker.counts('crawl')
    assert.is(completed, taken)
    assert.equal([active, locked], [20 - completed, 0])
    assert.is(consumer.now.state, 'stopped')
  })
}

test('the broker is asked whether there are sessions', async () => {
  const { broker, consume } = await fresh({ sessions: true })
  broker.queue('plain')
  consume({ sessions: undefined as never })
  consume({ from: { queue: 'plain' }, sessions: undefined as never })
  broker.put('crawl', many(10, 3))
  broker.put('plain', many(10))
  await until('the sessions to be taken', () => broker.counts('crawl').completed === 10)
  await until('the others to be taken', () => broker.counts('plain').completed === 10)
})

test('messages of a session are handed over in their order', async () => {
  const { broker, consume } = await fresh({ sessions: true })
  const seen = new Map<string, string[]>()
  consume({
    handle: async message => {
      const { context, payload } = bodyOf(message)
      seen.set(context.locationId, [...(seen.get(context.locationId) ?? []), payload.itemId])
      return recorded
    },
  })
  broker.put('crawl', many(300, 10))
  await until('all to be completed', () => broker.counts('crawl').completed === 300)
  for (let place = 0; place < 10; place += 1)
    assert.equal(
      seen.get(`place-${place}`),
      Array.from({ length: 30 }, (_, i) => `m${i * 10 + place}`),
    )
})

test('where no session has messages it says that it receives, also when the store was away', async () => {
  const { broker, consume } = await fresh({ sessions: true })
  let isAway = true
  const consumer = consume({
    handle: async () => (isAway ? { outcome: 'unavailable' } : recorded),
    ping: async () => {
      if (isAway) throw new Error('away')
    },
  })
  await until('it to receive', () => consumer.now.state === 'receiving')
  broker.put('crawl', many(1))
  await until('the store to be missed', () => consumer.now.state === 'waiting')
  isAway = false
  await until('it to receive again', () => consumer.now.state === 'receiving')
  assert.is(consumer.now.error, undefined)
})

test('of messages that are settled at once each has its own outcome and its own reason', async () => {
  const { broker, consume } = await fresh()
  const completed: unknown[] = []
  consume({
    handle: async (_, { id = '' }) => {
      if (Number(id.slice('found-m'.length)) % 2 === 1)
        return { outcome: 'rejected', rejection: { code: 'invalid', message: `of ${id}` } }
      completed.push(id)
      return recorded
    },
  })
  broker.put('crawl', many(20))
  await until('all to be settled', () => {
    const counts = broker.counts('crawl')
    return counts.completed + counts.deadLettered === 20
  })
  assert.is(completed.length, 10)
  assert.equal(
    broker
      .messages('crawl/$deadletterqueue')
      .map(({ messageId, deadLetterErrorDescription }) => [messageId, deadLetterErrorDescription])
      .sort(),
    Array.from({ length: 10 }, (_, i) => [`found-m${2 * i + 1}`, `of found-m${2 * i + 1}`]).sort(),
  )
})

test('a subscription of a topic', async () => {
  const { broker, consume } = await fresh()
  broker.topic('crawls')
  broker.subscription('crawls', 'ledger', { sessions: true })
  consume({ from: { topic: 'crawls', subscription: 'ledger' }, sessions: true })
  broker.put('crawls', many(5))
  await until('all to be completed', () => broker.counts('crawls/Subscriptions/ledger').completed === 5)
})

test('a handler that throws has the message again, later', async () => {
  const { broker, consume } = await fresh()
  const errors: string[] = []
  let calls = 0
  consume({
    handle: async () => {
      calls += 1
      if (calls === 1) throw new Error('a mistake')
      return recorded
    },
    logger: { info: () => {}, warn: () => {}, error: (_, text) => errors.push(text) },
  })
  broker.put('crawl', many(1))
  await until('it to be completed', () => broker.counts('crawl').completed === 1)
  assert.is(broker.counts('crawl').abandoned, 1)
  assert.equal(errors, ['a handler threw'])
})

test('a cut that takes the links of many sessions is told once', async () => {
  const { broker, consume } = await fresh({ sessions: true, lockMs: 1000 })
  const told: string[] = []
  let go = (): void => {}
  const gone = new Promise<void>(resolve => {
    go = resolve
  })
  let inHand = 0
  const lost = () => told.filter(text => text === 'a link to the broker was lost').length
  consume({
    handle: async () => {
      inHand += 1
      await gone
      return recorded
    },
    logger: { info: (_, text) => told.push(text), warn: () => {}, error: () => {} },
  })
  broker.put('crawl', many(4, 4))
  await until('all sessions to be open', () => inHand === 4)
  broker.cut()
  await until('the cut to be told', () => lost() > 0)
  go()
  await until('all to be completed', () => broker.counts('crawl').completed === 4)
  assert.is(lost(), 1)
})

test('an entity that is not there ends it, with a sentence', async () => {
  const { consume } = await fresh()
  for (const sessions of [true, false]) {
    const consumer = consume({ from: { queue: 'mistyped' }, sessions })
    const failure = await consumer.finished.catch((error: unknown) => error)
    assert.instance(failure, EntityMissing)
    assert.is(consumer.now.state, 'failed')
  }
})

test('a broker that is away is waited for', async () => {
  const first = await startTestBroker()
  const port = Number(/:(\d+);/.exec(first.connectionString)?.[1])
  await first.close()
  const bus = await connectServiceBus({ connectionString: first.connectionString, timeoutMs: 500 })
  const consumer = startConsumer({
    bus,
    from: { queue: 'crawl' },
    sessions: true,
    handle: async () => recorded,
    ping: async () => {},
  })
  await until('it to wait', () => consumer.now.error instanceof BusUnavailable)
  const second = await startTestBroker({ port })
  second.queue('crawl', { sessions: true })
  second.put('crawl', many(3))
  await until('all to be completed', () => second.counts('crawl').completed === 3)
  await consumer.stop()
  await bus.close()
  await second.close()
})

test.run()

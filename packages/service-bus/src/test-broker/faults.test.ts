import type { ServiceBusClient } from '@azure/service-bus'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startTestBroker, type TestBroker } from './index.js'
import { bodies, clientOf, codeOf, numbers, one, receive, until, withQueue } from './test-broker.test-kit.js'

const test = suite('test-broker: faults')
// After a cut the SDK does not know that an answer will not come: it waits for it as long as `timeoutInMs` allows.
const waitsBriefly = { timeoutInMs: 300 }
const short = { lockMs: 200, maxDeliveries: 1000 }

/** Completes all that comes, and keeps what it completed and what went wrong. */
const consume = (client: ServiceBusClient) => {
  const completed: unknown[] = []
  const errors: unknown[] = []
  const receiver = client.createReceiver('q')
  receiver.subscribe(
    {
      processMessage: async message => {
        await receiver.completeMessage(message)
        completed.push(message.body)
      },
      processError: async ({ error }) => {
        errors.push(error)
      },
    },
    { maxConcurrentCalls: 5, autoCompleteMessages: false },
  )
  return { completed, errors }
}

const empty = (broker: TestBroker) => () => {
  const { active, locked } = broker.counts('q')
  return active + locked === 0
}

test(
  'the SDK comes back by itself after a cut, and gets all',
  withQueue(short, async (broker, client) => {
    broker.put('q', numbers(200))
    consume(client)
    for (const done of [20, 60, 120]) {
      await until(() => broker.counts('q').completed >= done)
      broker.cut()
    }
    await until(empty(broker))
    assert.is(broker.counts('q').completed, 200)
  }),
)

test(
  'a cut frees sessions at once',
  withQueue({ sessions: true }, async (broker, client) => {
    broker.put('q', numbers(2, 'a'))
    const first = await client.acceptNextSession('q')
    const message = await one(first)
    broker.cut()
    const other = clientOf(broker)
    const second = await other.acceptSession('q', 'a')
    assert.equal(bodies(await receive(second, 2)), [0, 1])
    assert.is(await codeOf(first.completeMessage(message)), 'SessionLockLost')
    await other.close()
  }),
)

test(
  'a cut before a settlement: it is not done, and the message comes again when its lock expires',
  withQueue(short, async broker => {
    // The SDK opens the link again under its old name, and then settles on the delivery that is gone: no answer comes.
    const impatient = clientOf(broker, waitsBriefly)
    broker.put('q', numbers(1))
    let asked = 0
    broker.faults.onSettle = entity => (entity === 'q' && asked++ === 0 ? 'before' : undefined)
    const { completed } = consume(impatient)
    await until(() => completed.length === 1)
    const { completed: done, deliveries, expiredLocks } = broker.counts('q')
    assert.equal([asked, done, deliveries, expiredLocks], [2, 1, 2, 1])
    await impatient.close()
  }),
)

test(
  'all settlements and renewals work beside a link that is gone',
  withQueue({}, async broker => {
    const client = clientOf(broker, { timeoutInMs: 1000 })
    broker.put('q', numbers(4))
    const receiver = client.createReceiver('q')
    const [a, b, c, d] = await receive(receiver, 4)
    assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined)
    broker.cut()
    // What the SDK does before it has noticed waits for an answer in vain, and is then done again.
    await receiver.peekMessages(1)
    await receiver.completeMessage(a)
    await receiver.abandonMessage(b)
    await receiver.deadLetterMessage(c, { deadLetterReason: 'r', deadLetterErrorDescription: 'd' })
    assert.ok(Number(await receiver.renewMessageLock(d)) > Date.now())
    const { completed, abandoned, deadLettered, locked } = broker.counts('q')
    assert.equal([completed, abandoned, deadLettered, locked], [1, 1, 1, 1])
    assert.is(broker.messages('q/$deadletterqueue')[0]?.deadLetterErrorDescription, 'd')
    broker.expireLocks()
    assert.is(await codeOf(receiver.completeMessage(d)), 'MessageLockLost')
    await client.close()
  }),
)

test(
  'a cut after a settlement: it is done, though nobody hears of it',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(2))
    broker.faults.onSettle = () => 'after'
    const receiver = client.createReceiver('q')
    const message = await one(receiver)
    void receiver.completeMessage(message).catch(() => undefined)
    await until(() => broker.counts('q').completed === 1)
    broker.faults.onSettle = undefined
    const next = await one(receiver)
    assert.is(next.body, 1)
    await receiver.completeMessage(next)
    assert.ok(empty(broker)())
  }),
)

test(
  'a cut before or after a send: the SDK sends again',
  withQueue({}, async broker => {
    const faults: ('before' | 'after' | undefined)[] = ['before', 'after']
    broker.faults.onSend = () => faults.shift()
    const impatient = clientOf(broker, waitsBriefly)
    await impatient.createSender('q').sendMessages(numbers(2))
    assert.equal(bodies(broker.messages('q')), [0, 1, 0, 1])
    await impatient.close()
  }),
)

test(
  'a message that is delivered twice is one message: who settles it second lost its lock',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(2))
    broker.faults.onDeliver = () => 'twice'
    const receiver = client.createReceiver('q')
    const messages = await receive(receiver, 4)
    assert.equal(bodies(messages), [0, 0, 1, 1])
    assert.is(broker.counts('q').locked, 2)
    const [a, b, c, d] = messages
    assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined)
    await receiver.completeMessage(b)
    assert.is(await codeOf(receiver.completeMessage(a)), 'MessageLockLost')
    broker.faults.onDeliver = undefined
    await receiver.abandonMessage(c)
    assert.is(broker.counts('q').active, 0, 'another has it still')
    await receiver.abandonMessage(d)
    assert.is((await one(receiver)).deliveryCount, 2)
    assert.is(broker.counts('q').completed, 1)
  }),
)

test(
  'links are refused with the condition that is asked for, until it is not',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(1))
    const impatient = clientOf(broker, { maxRetries: 0 })
    broker.faults.refuseLinks = () => 'amqp:unauthorized-access'
    assert.is(await codeOf(impatient.createReceiver('q').receiveMessages(1)), 'UnauthorizedAccess')
    assert.is(await codeOf(impatient.createSender('q').sendMessages(numbers(1))), 'UnauthorizedAccess')
    let refusals = 0
    broker.faults.refuseLinks = address =>
      address === 'q' && refusals++ < 3 ? 'com.microsoft:server-busy' : undefined
    const { completed, errors } = consume(client)
    await until(() => completed.length === 1)
    assert.is(refusals, 4)
    assert.ok(errors.every(error => (error as { code?: string }).code === 'ServiceBusy'))
    await impatient.close()
  }),
)

test('a broker that is gone and comes back on its port has all that it had', async () => {
  const broker = await startTestBroker()
  broker.queue('q', short)
  broker.put('q', numbers(50))
  const client = clientOf(broker)
  const { completed } = consume(client)
  await until(() => completed.length >= 10)
  await broker.close()
  const again = await startTestBroker({ from: broker })
  assert.is(again.connectionString, broker.connectionString)
  await until(empty(again))
  assert.is(again.counts('q').completed, 50)
  await client.close()
  await again.close()
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  bodies,
  clientOf,
  codeOf,
  numbers,
  one,
  receive,
  renewingUntil,
  until,
  withQueue,
} from './test-broker.test-kit.js'

const test = suite('test-broker')
const dead = { subQueueType: 'deadLetter' } as const

test(
  'messages come as they were sent, in order',
  withQueue({}, async (broker, client) => {
    const sender = client.createSender('q')
    await sender.sendMessages({
      body: { a: [1, 'ü'] },
      messageId: 'm-1',
      contentType: 'application/json',
      correlationId: 'c',
      subject: 's',
      applicationProperties: { text: 't', number: 7, negative: -7, fraction: 1.5, yes: true },
    })
    const batch = await sender.createMessageBatch()
    for (const message of numbers(20)) assert.ok(batch.tryAddMessage(message))
    await sender.sendMessages(batch)
    assert.is(broker.counts('q').active, 21)
    assert.equal(broker.messages('Q')[0]?.body, { a: [1, 'ü'] })

    const receiver = client.createReceiver('q')
    const [first, ...rest] = await receive(receiver, 21)
    assert.equal(first?.body, { a: [1, 'ü'] })
    assert.is(first?.messageId, 'm-1')
    assert.is(first?.contentType, 'application/json')
    assert.is(first?.correlationId, 'c')
    assert.is(first?.subject, 's')
    assert.is(first?.deliveryCount, 0)
    assert.equal(first?.applicationProperties, {
      text: 't',
      number: 7,
      negative: -7,
      fraction: 1.5,
      yes: true,
    })
    assert.is(String(first?.sequenceNumber), '1')
    assert.ok(Math.abs(Number(first?.enqueuedTimeUtc) - Date.now()) < 10_000)
    assert.ok(Number(first?.lockedUntilUtc) > Date.now())
    assert.equal(bodies(rest), bodies(numbers(20)))
    assert.is(broker.counts('q').locked, 21)
  }),
)

test(
  'a large batch and a large message come whole',
  withQueue({}, async (broker, client) => {
    const sender = client.createSender('q')
    const batch = await sender.createMessageBatch()
    const text = 'x'.repeat(10_000)
    while (batch.tryAddMessage({ body: `${batch.count}${text}`, messageId: `${batch.count}` }));
    assert.ok(batch.count > 90)
    await sender.sendMessages(batch)
    await sender.sendMessages({ body: text.repeat(50), messageId: 'large' })
    const messages = await receive(client.createReceiver('q'), batch.count + 1)
    assert.is(messages[90]?.body, `90${text}`)
    assert.is(messages.at(-1)?.body, text.repeat(50))
    assert.is(broker.counts('q').locked, batch.count + 1)
  }),
)

test(
  'what was put in without a connection comes the same way',
  withQueue({}, async (broker, client) => {
    broker.put('q', [{ body: { b: 1 }, messageId: 'x', applicationProperties: { p: 'v' } }])
    const message = await one(client.createReceiver('q'))
    assert.equal(message.body, { b: 1 })
    assert.is(message.messageId, 'x')
    assert.equal(message.applicationProperties, { p: 'v' })
  }),
)

test(
  'complete, abandon and dead letter',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(3))
    const receiver = client.createReceiver('q')
    const [a, b, c] = await receive(receiver, 3)
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    await receiver.completeMessage(a)
    await receiver.abandonMessage(b)
    await receiver.deadLetterMessage(c, {
      deadLetterReason: 'invalid',
      deadLetterErrorDescription: 'it is',
    })

    const again = await one(receiver)
    assert.is(again.body, 1)
    assert.is(again.deliveryCount, 1)
    await receiver.completeMessage(again)

    const deadReceiver = client.createReceiver('q', dead)
    const buried = await one(deadReceiver)
    assert.is(buried.body, 2)
    assert.is(buried.deadLetterReason, 'invalid')
    assert.is(buried.deadLetterErrorDescription, 'it is')
    assert.is(broker.messages('q/$deadletterqueue')[0]?.deadLetterReason, 'invalid')
    await deadReceiver.completeMessage(buried)
    assert.is(broker.counts('q/$deadletterqueue').completed, 1)
    assert.equal(broker.counts('q'), {
      active: 0,
      locked: 0,
      deadLettered: 1,
      completed: 2,
      abandoned: 1,
      expiredLocks: 0,
      duplicatesDropped: 0,
      deliveries: 4,
    })
  }),
)

test(
  'a subscription handles all, as many at once as it wants, and credit comes back',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(300))
    let atOnce = 0
    let most = 0
    const seen: unknown[] = []
    const receiver = client.createReceiver('q')
    const subscription = receiver.subscribe(
      {
        processMessage: async message => {
          most = Math.max(most, ++atOnce)
          await receiver.completeMessage(message)
          seen.push(message.body)
          atOnce--
        },
        processError: async ({ error }) => assert.unreachable(String(error)),
      },
      { maxConcurrentCalls: 7, autoCompleteMessages: false },
    )
    await until(() => seen.length === 300)
    assert.is(broker.counts('q').completed, 300)
    assert.equal(new Set(seen).size, 300)
    assert.is(most, 7)
    await subscription.close()
    broker.put('q', numbers(1))
    assert.is(broker.counts('q').active, 1, 'its credit was drained')
  }),
)

test(
  'receiveMessages gives back its credit, so that nothing is delivered to nobody',
  withQueue({}, async (broker, client) => {
    const receiver = client.createReceiver('q')
    for (let round = 0; round < 3; round++) {
      assert.equal(await receiver.receiveMessages(5, { maxWaitTimeInMs: 30 }), [])
      broker.put('q', numbers(1))
      assert.is(broker.counts('q').active, 1)
      await receiver.completeMessage(await one(receiver))
    }
  }),
)

test(
  'receiveAndDelete leaves nothing',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(3))
    const receiver = client.createReceiver('q', { receiveMode: 'receiveAndDelete' })
    assert.equal(bodies(await receive(receiver, 3)), [0, 1, 2])
    assert.is(broker.counts('q').active + broker.counts('q').locked, 0)
  }),
)

test(
  'two receivers share the messages',
  withQueue({}, async (broker, client) => {
    const receivers = [client.createReceiver('q'), client.createReceiver('q')]
    const received = receivers.map(receiver => receive(receiver, 10))
    broker.put('q', numbers(20))
    const all = (await Promise.all(received)).flatMap(bodies)
    assert.equal(
      all.sort((a, b) => Number(a) - Number(b)),
      bodies(numbers(20)),
    )
  }),
)

test(
  'a lock that expired: the message comes again, in its place, and cannot be settled with the old lock',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(3))
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 })
    const [first] = await receive(receiver, 2)
    assert.ok(first !== undefined)
    broker.expireLocks()
    assert.is(await codeOf(receiver.completeMessage(first)), 'MessageLockLost')
    assert.is(await codeOf(receiver.renewMessageLock(first)), 'MessageLockLost')
    const again = await receive(receiver, 3)
    assert.equal(bodies(again), [0, 1, 2])
    assert.equal(
      again.map(({ deliveryCount }) => deliveryCount),
      [1, 1, 0],
    )
    assert.is(broker.counts('q').expiredLocks, 2)
  }),
)

test(
  'locks expire by themselves, unless they are renewed',
  // Long enough for a machine that stands still for a while.
  withQueue({ lockMs: 3000 }, async (broker, client) => {
    broker.put('q', numbers(2))
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 })
    const [kept] = await receive(receiver, 2)
    assert.ok(kept !== undefined)
    await renewingUntil(
      () => receiver.renewMessageLock(kept),
      () => broker.counts('q').expiredLocks === 1,
    )
    assert.ok(Number(await receiver.renewMessageLock(kept)) > Date.now())
    await receiver.completeMessage(kept)
    assert.equal(bodies(broker.messages('q')), [1])
  }),
)

test(
  'too many deliveries: dead',
  withQueue({ maxDeliveries: 2 }, async (broker, client) => {
    broker.put('q', numbers(1))
    const receiver = client.createReceiver('q')
    await receiver.abandonMessage(await one(receiver))
    assert.is(broker.counts('q').active, 1)
    await receiver.abandonMessage(await one(receiver))
    const [message] = broker.messages('q/$deadletterqueue')
    assert.is(message?.deadLetterReason, 'MaxDeliveryCountExceeded')
    assert.is(message?.deliveryCount, 2)
    assert.is(broker.counts('q').active, 0)
  }),
)

test(
  'peeking takes nothing',
  withQueue({}, async (broker, client) => {
    broker.put('q', numbers(5))
    const receiver = client.createReceiver('q')
    assert.equal(bodies(await receiver.peekMessages(3)), [0, 1, 2])
    assert.equal(bodies(await receiver.peekMessages(3)), [3, 4])
    assert.equal(bodies(await receiver.peekMessages(3)), [])
    assert.is(broker.counts('q').active, 5)
  }),
)

test(
  'a topic hands a copy to each subscription; duplicates are dropped where that is asked for',
  withQueue({ detectDuplicates: true }, async (broker, client) => {
    broker.topic('events', { detectDuplicates: true })
    broker.subscription('events', 'one')
    broker.subscription('events', 'two', { sessions: true })
    const sender = client.createSender('events')
    await sender.sendMessages(numbers(2, 's'))
    await sender.sendMessages(numbers(2, 's', 1))
    assert.is(broker.counts('events').duplicatesDropped, 1)
    const receiver = client.createReceiver('events', 'one')
    assert.equal(bodies(await receive(receiver, 3)), [0, 1, 2])
    const session = await client.acceptNextSession('events', 'two')
    assert.equal(bodies(await receive(session, 3)), [0, 1, 2])
    assert.is(broker.counts('EVENTS/subscriptions/ONE').locked, 3)

    await client.createSender('q').sendMessages([...numbers(2), ...numbers(3)])
    assert.is(broker.counts('q').active, 3)
    assert.is(broker.counts('q').duplicatesDropped, 2)
  }),
)

test(
  'what is not there is refused',
  withQueue({}, async (broker, client) => {
    assert.is(await codeOf(client.createSender('none').sendMessages({ body: 1 })), 'MessagingEntityNotFound')
    assert.is(await codeOf(client.createReceiver('none').receiveMessages(1)), 'MessagingEntityNotFound')
    assert.throws(() => broker.put('none', []), /no entity "none"/)
    assert.throws(() => broker.subscription('none', 's'), /no topic "none"/)
  }),
)

test(
  'two clients',
  withQueue({}, async (broker, client) => {
    const other = clientOf(broker)
    await client.createSender('q').sendMessages(numbers(2))
    assert.is((await one(client.createReceiver('q'))).body, 0)
    assert.is((await one(other.createReceiver('q'))).body, 1)
    await other.close()
  }),
)

test.run()

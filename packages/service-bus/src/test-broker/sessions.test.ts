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

const test = suite('test-broker: sessions')
const sessions = { sessions: true }

test(
  'a session has one receiver, who gets its messages in order',
  withQueue(sessions, async (broker, client) => {
    await client.createSender('q').sendMessages([...numbers(3, 'a'), ...numbers(2, 'b')])
    const a = await client.acceptNextSession('q')
    const b = await client.acceptNextSession('q')
    assert.is(a.sessionId, 'a')
    assert.is(b.sessionId, 'b')
    assert.ok(Number(a.sessionLockedUntilUtc) > Date.now())
    assert.is(await codeOf(client.acceptSession('q', 'a')), 'SessionCannotBeLocked')
    broker.put('q', numbers(1, 'a', 3))
    assert.equal(bodies(await receive(a, 4)), [0, 1, 2, 3])
    assert.equal(bodies(await receive(b, 2)), [0, 1])
  }),
)

test(
  'abandoned messages return to the head of their session',
  withQueue(sessions, async (broker, client) => {
    broker.put('q', numbers(4, 'a'))
    const receiver = await client.acceptSession('q', 'a')
    for (const message of await receive(receiver, 3)) await receiver.abandonMessage(message)
    assert.equal(bodies(await receive(receiver, 4)), [0, 1, 2, 3])
  }),
)

test(
  'a session that is closed is free at once, with what was in hand; that is no failed delivery',
  withQueue(sessions, async (broker, client) => {
    broker.put('q', numbers(3, 'a'))
    const first = await client.acceptNextSession('q')
    const [done] = await receive(first, 3)
    assert.ok(done !== undefined)
    await first.completeMessage(done)
    await first.close()
    const second = await client.acceptNextSession('q')
    const rest = await receive(second, 2)
    assert.equal(bodies(rest), [1, 2])
    assert.is(rest[0]?.deliveryCount, 0)
    for (const message of rest) await second.completeMessage(message)
    await second.close()
    assert.is(broker.counts('q').completed, 3)
  }),
)

test(
  'whoever waits gets the next session with messages',
  withQueue(sessions, async (broker, client) => {
    let asked = 0
    broker.faults.refuseLinks = () => {
      asked++
      return undefined
    }
    const waiting = client.acceptNextSession('q')
    await until(() => asked === 1)
    broker.put('q', [...numbers(1, 'late'), ...numbers(1, 'later')])
    const receiver = await waiting
    assert.is(receiver.sessionId, 'late')
    assert.is((await client.acceptNextSession('q')).sessionId, 'later')
    await receiver.completeMessage(await one(receiver))
    await receiver.close()
    assert.is(broker.counts('q').completed, 1)
  }),
)

test(
  'without a session to give, the wait ends in time, and what comes then is there for the next',
  withQueue(sessions, async (broker, client) => {
    const impatient = clientOf(broker, { timeoutInMs: 200, maxRetries: 0 })
    assert.is(await codeOf(impatient.acceptNextSession('q')), 'ServiceTimeout')
    await impatient.close()
    broker.put('q', numbers(1, 'a'))
    assert.is((await client.acceptNextSession('q')).sessionId, 'a')
  }),
)

test(
  'a session lock that expired: its receiver loses it and its messages, and the next one gets them',
  withQueue(sessions, async (broker, client) => {
    broker.put('q', numbers(2, 'a'))
    const first = await client.acceptNextSession('q')
    const message = await one(first)
    assert.ok(Number(await first.renewSessionLock()) > Date.now())
    broker.expireLocks()
    await until(() => first.isClosed)
    assert.is(await codeOf(first.completeMessage(message)), 'SessionLockLost')
    const second = await client.acceptNextSession('q')
    const again = await receive(second, 2)
    assert.equal(
      again.map(({ body, deliveryCount }) => [body, deliveryCount]),
      [
        [0, 1],
        [1, 0],
      ],
    )
    assert.is(broker.counts('q').expiredLocks, 1)
  }),
)

test(
  'a session lock that is renewed does not expire, and its messages stay locked with it',
  // Long enough for a machine that stands still for a while.
  withQueue({ sessions: true, lockMs: 3000 }, async (broker, client) => {
    broker.put('q', [...numbers(1, 'kept'), ...numbers(1, 'lost')])
    const options = { maxAutoLockRenewalDurationInMs: 0 }
    const kept = await client.acceptSession('q', 'kept', options)
    const message = await one(kept)
    await client.acceptSession('q', 'lost', options)
    await renewingUntil(
      () => kept.renewSessionLock(),
      () => broker.counts('q').expiredLocks === 1,
    )
    await kept.completeMessage(message)
    assert.equal(bodies(broker.messages('q')), bodies(numbers(1, 'lost')))
  }),
)

test(
  'a dead message of a session can be received without one, a peek can look at one session',
  withQueue(sessions, async (broker, client) => {
    broker.put('q', [...numbers(2, 'a'), ...numbers(2, 'b')])
    const receiver = await client.acceptSession('q', 'b')
    assert.equal(bodies(await receiver.peekMessages(5)), [0, 1])
    await receiver.deadLetterMessage(await one(receiver), {
      deadLetterReason: 'why',
      deadLetterErrorDescription: 'so',
    })
    const buried = await one(client.createReceiver('q', { subQueueType: 'deadLetter' }))
    assert.is(buried.deadLetterReason, 'why')
    assert.is(buried.sessionId, 'b')
  }),
)

test(
  'with sessions only through a session, without only without',
  withQueue(sessions, async (broker, client) => {
    broker.queue('plain')
    assert.is(await codeOf(client.createReceiver('q').receiveMessages(1)), 'GeneralError')
    assert.ok((await codeOf(client.acceptSession('plain', 'a'))) !== undefined)
    assert.ok((await codeOf(client.createSender('q').sendMessages({ body: 1 }))) !== undefined)
    assert.throws(() => broker.put('q', [{ body: 1 }]), /session id/)
    assert.is(broker.counts('q').active, 0)
  }),
)

test.run()

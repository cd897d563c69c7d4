import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { found, openWorld, recorded, until, type World } from './bus.test-kit.js'
import { type DeadLetter, deadLetters, resendDeadLetters } from './dead-letters.js'
import type { Entity } from './entity.js'
import { EntityMissing } from './errors.js'

const test = suite('dead letters')
let world: World | undefined

test.after.each(async () => {
  await world?.close()
  world = undefined
})

const queue = { queue: 'crawl' }
const rejected = async () =>
  ({
    outcome: 'rejected',
    rejection: { code: 'invalid', message: 'context.batchId: expected a text.' },
  }) as const

const listed = async ({ bus }: World, entity: Entity = queue): Promise<readonly DeadLetter[]> => {
  const letters: DeadLetter[] = []
  for await (const letter of deadLetters(bus, entity)) letters.push(letter)
  return letters
}

/** A queue with so many dead letters, and nobody who receives. */
const withDead = async (count: number, options: Parameters<typeof openWorld>[0] = {}): Promise<World> => {
  const opened = await openWorld(options)
  world = opened
  const { broker, consume } = opened
  const consumer = consume({ handle: rejected })
  broker.put(
    'crawl',
    Array.from({ length: count }, (_, i) => found(`m${i}`)),
  )
  await until('all to be dead', () => broker.counts('crawl').deadLettered === count)
  await consumer.stop()
  return opened
}

test('they are listed page by page with what was wrong, and stay', async () => {
  const opened = await withDead(250)
  const letters = await listed(opened)
  assert.is(letters.length, 250)
  assert.is(new Set(letters.map(({ sequenceNumber }) => sequenceNumber)).size, 250)
  const [first] = letters
  assert.is(first?.messageId, 'found-m0')
  assert.is(first?.reason, 'invalid')
  assert.is(first?.description, 'context.batchId: expected a text.')
  assert.equal(first?.body, found('m0').body)
  assert.is(opened.broker.messages('crawl/$deadletterqueue').length, 250)
})

test('all are sent again and known by their ids, also where duplicates are dropped', async () => {
  const opened = await withDead(3, { detectDuplicates: true })
  const { broker, bus, consume } = opened
  assert.is(await resendDeadLetters(bus, queue), 3)
  assert.is(broker.messages('crawl/$deadletterqueue').length, 0)
  const ids: unknown[] = []
  const consumer = consume({
    handle: async (_, { id }) => {
      ids.push(id)
      return recorded
    },
  })
  await until('all to be taken', () => broker.counts('crawl').completed === 3)
  assert.equal(ids, ['found-m0', 'found-m1', 'found-m2'])
  assert.is(broker.counts('crawl').duplicatesDropped, 0)
  await consumer.stop()
})

test('one that dies again keeps the first id', async () => {
  const opened = await withDead(1, { detectDuplicates: true })
  const { broker, bus, consume } = opened
  for (const deaths of [2, 3]) {
    await resendDeadLetters(bus, queue)
    const consumer = consume({ handle: rejected })
    await until('it to die again', () => broker.counts('crawl').deadLettered === deaths)
    await consumer.stop()
    const [letter, ...others] = await listed(opened)
    assert.is(letter?.messageId, 'found-m0')
    assert.is(others.length, 0)
  }
  const [dead] = broker.messages('crawl/$deadletterqueue')
  assert.is(dead?.applicationProperties['crawl-message-id'], 'found-m0')
})

test('all are those that are there, and not those that die meanwhile', async () => {
  const { broker, bus, consume } = await withDead(120)
  consume({ handle: rejected })
  assert.is(await resendDeadLetters(bus, queue), 120)
  await until('all to be dead again', () => broker.counts('crawl').deadLettered === 240)
})

test('those that are named are sent again, and the others are given back', async () => {
  const opened = await withDead(5)
  const { broker, bus } = opened
  const letters = await listed(opened)
  const chosen = new Set([letters[1], letters[3]].map(letter => letter?.sequenceNumber ?? ''))
  assert.is(await resendDeadLetters(bus, queue, chosen), 2)
  assert.equal(
    broker.messages('crawl').map(({ body }) => body),
    [found('m1').body, found('m3').body],
  )
  const left = await listed(opened)
  assert.equal(
    left.map(({ messageId }) => messageId),
    ['found-m0', 'found-m2', 'found-m4'],
  )
  assert.is(broker.counts('crawl/$deadletterqueue').locked, 0)
})

test('one that is not there is not counted', async () => {
  const { bus } = await withDead(1)
  assert.is(await resendDeadLetters(bus, queue, new Set(['999'])), 0)
})

test('bytes that are no JSON are sent again as they came', async () => {
  const opened = await openWorld()
  world = opened
  const { broker, bus, consume } = opened
  const consumer = consume({ handle: rejected })
  const body = Buffer.from('{"type": 1e400, ')
  broker.put('crawl', [{ body, messageId: 'broken' }])
  await until('it to be dead', () => broker.counts('crawl').deadLettered === 1)
  await consumer.stop()
  assert.is(await resendDeadLetters(bus, queue), 1)
  assert.equal(broker.messages('crawl')[0]?.body, body)
})

test('of a subscription they go to the topic again', async () => {
  const opened = await openWorld()
  world = opened
  const { broker, bus, consume } = opened
  broker.topic('news', { detectDuplicates: true })
  broker.subscription('news', 'one')
  const from = { topic: 'news', subscription: 'one' }
  const consumer = consume({ from, sessions: false, handle: rejected })
  broker.put('news', [found('m1')])
  await until('it to be dead', () => broker.counts('news/Subscriptions/one').deadLettered === 1)
  await consumer.stop()
  const [letter] = await listed(opened, from)
  assert.is(letter?.messageId, 'found-m1')
  assert.is(await resendDeadLetters(bus, from, new Set([letter?.sequenceNumber ?? ''])), 1)
  const [again] = broker.messages('news/Subscriptions/one')
  assert.equal(again?.body, found('m1').body)
  assert.is(again?.applicationProperties['crawl-message-id'], 'found-m1')
  assert.is(again?.deadLetterReason, undefined)
})

test('an entity that is not there is named', async () => {
  const opened = await openWorld()
  world = opened
  const error: unknown = await listed(opened, { queue: 'nowhere' }).catch((reason: unknown) => reason)
  assert.instance(error, EntityMissing)
})

test.run()

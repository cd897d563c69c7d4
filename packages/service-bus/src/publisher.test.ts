import { CommitUnreadable, partitionOf, type Store } from '@crawl-ledger/log'
import { openMongo } from '@crawl-ledger/mongodb'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from './bus.test-kit.js'
import { LogBehindPublished } from './errors.js'
import { publisherName } from './publisher.js'
import {
  altered,
  awayFor,
  commitsOf,
  itemsOf,
  type Outlet,
  openOutlet,
  places,
  record,
} from './publisher.test-kit.js'
import { startTestBroker } from './test-broker/index.js'

const test = suite('publisher')
let outlet: Outlet | undefined

test.after.each(async () => {
  await outlet?.close()
  outlet = undefined
})

const server = mongoTestServer()
let databases = 0
const stores: readonly (readonly [string, () => Promise<Store>])[] = [
  ['sqlite', async () => openSqlite(':memory:', { partitions: 4 })],
  ...(server === undefined
    ? []
    : [
        [
          'mongodb',
          async () => {
            databases += 1
            return openMongo(await server.url(), `publisher-${process.pid}-${databases}`, { partitions: 4 })
          },
        ] as const,
      ]),
]

/** Names of items that nothing else uses. */
const items = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => `m${from + i}`)

const found = { events: ['ItemFound'] } as const

/** Each location's items are there, once and in order. */
const assertTold = ({ sent }: Outlet, expected: readonly string[], of = places): void => {
  for (const place of of) assert.equal(itemsOf(sent(), place), expected, place)
}

const begun = (publisher: { readonly now: { readonly state: string } }) =>
  until('the publisher to begin', () => publisher.now.state === 'publishing')

for (const [name, open] of stores) {
  test(`${name}: a commit that cannot be read holds up its partition alone, and is sent when it can be read`, async () => {
    outlet = await openOutlet({}, await open())
    const { store, publish, sent } = outlet
    await record(store, items(0, 5))
    const [first = ''] = places
    const partition = partitionOf(first, store.log.partitions)
    const apart = places.filter(one => partitionOf(one, store.log.partitions) !== partition)
    assert.ok(apart.length > 0)
    let damaged = true
    const read: Store['log']['read'] = async (...args) =>
      (await store.log.read(...args)).map(one =>
        damaged && one.partition === partition && one.position === 3
          ? new CommitUnreadable(one, new Error('It was damaged.'))
          : one,
      )
    const publisher = publish({ ...found, from: 'start', store: altered(store, { log: { read } }) })
    const areTold = (of: readonly string[]): boolean => of.every(one => itemsOf(sent(), one).length === 5)
    await until('the others to be sent', () => areTold(apart))
    assert.is(publisher.now.state, 'publishing')
    assert.not.ok(areTold([first]))
    damaged = false
    await until('all to be sent', () => areTold(places))
    assertTold(outlet, items(0, 5))
  })

  test(`${name}: a crash between the sending and the checkpoint changes nothing that a subscription sees`, async () => {
    outlet = await openOutlet({ detectDuplicates: true }, await open())
    const { store, publish, sent, broker } = outlet
    await record(store, items(0, 10))
    const save = awayFor(1, store.views.save)
    const publisher = publish({ ...found, from: 'start', store: altered(store, { views: { save } }) })
    const twice = () => broker.counts('events').duplicatesDropped
    await until(
      'all to be sent, and some twice',
      () => twice() > 0 && sent().length === 40 && publisher.now.published === 40 + twice(),
    )
    assertTold(outlet, items(0, 10))
    await publisher.stop()
    // Another that goes on from the checkpoints has nothing to send.
    const next = publish({ ...found, from: 'start' })
    await record(store, items(10, 11))
    await until('what is new', () => sent().length === 44 && next.now.published >= 4)
    assert.is(next.now.published, 4)
    assertTold(outlet, items(0, 11))
  })

  test(`${name}: of the past nothing is sent, and of what comes everything`, async () => {
    outlet = await openOutlet({}, await open())
    const { store, publish, sent } = outlet
    await record(store, items(0, 5))
    const publisher = publish(found)
    await begun(publisher)
    await record(store, items(5, 10))
    await until('what came', () => sent().length >= 20)
    assertTold(outlet, items(5, 10))
    // Stopped, it goes on where it was.
    await publisher.stop()
    await record(store, items(10, 12))
    publish(found)
    await until('what came meanwhile', () => sent().length >= 28)
    assertTold(outlet, items(5, 12))
  })

  test(`${name}: two share the partitions, and one that stops is followed`, async () => {
    // A partition that changes hands while its messages are sent may have them sent by both.
    outlet = await openOutlet({ detectDuplicates: true }, await open())
    const { store, publish, sent, broker } = outlet
    const first = publish({ ...found, from: 'start' })
    const second = publish({ ...found, from: 'start' })
    const wave = async (from: number): Promise<void> => {
      await record(store, items(from, from + 1))
      await until('the wave to be sent', () => sent().length >= 4 * (from + 1))
    }
    let waves = 0
    while (first.now.published === 0 || second.now.published === 0) await wave(waves++)
    await wave(waves++)
    const twice = () => broker.counts('events').duplicatesDropped
    await until(
      'all to be noted',
      () => first.now.published + second.now.published === sent().length + twice(),
    )
    await first.stop()
    assert.is(first.now.state, 'stopped')
    const before = twice()
    await wave(waves++)
    assertTold(outlet, items(0, waves))
    assert.is(twice(), before, 'what the first had sent is not sent again')
  })
}

test('messages tell the event, where it is, and what caused it', async () => {
  outlet = await openOutlet()
  const { store, publish, sent } = outlet
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await record(store, ['m1'], { locations: ['osaka'], traceparent })
  publish({ from: 'start' })
  await until('both events', () => sent().length === 2)
  const [started, media] = sent()
  const commit = (await commitsOf(store))[0]
  assert.is(started?.messageId, `${commit?._id}.0.${commit?.hash.slice(0, 16)}`)
  assert.is(media?.messageId, `${commit?._id}.1.${commit?.hash.slice(0, 16)}`)
  assert.is(media?.sessionId, undefined)
  assert.equal(media?.applicationProperties, {
    type: 'ItemFound',
    locationId: 'osaka',
    batchId: 'b1',
    traceparent,
  })
  const { recordedAt, ...body } = (media?.body ?? {}) as Record<string, unknown>
  assert.is(recordedAt, commit?.at)
  assert.equal(body, {
    type: 'ItemFound',
    v: 1,
    at: '2024-05-01T12:00:00.000Z',
    data: { itemId: 'm1', ofBatch: true },
    locationId: 'osaka',
    batchId: 'b1',
    partition: commit?.partition,
    position: 1,
    version: 1,
    server: 'test',
    messageId: 'osaka-m1',
  })
})

test('where it is asked for, each location is a session', async () => {
  outlet = await openOutlet({ sessions: true })
  const { store, publish, sent } = outlet
  const long = 'x'.repeat(150)
  await record(store, items(0, 3), { locations: ['osaka', 'kyoto', long] })
  publish({ ...found, from: 'start', sessions: true })
  await until('all', () => sent().length === 9)
  const sessionOf = (place: string) => [
    ...new Set(
      sent()
        .filter(({ body }) => (body as { locationId: string }).locationId === place)
        .map(({ sessionId = '' }) => sessionId),
    ),
  ]
  assert.equal(sessionOf('osaka'), ['osaka'])
  assert.equal(sessionOf('kyoto'), ['kyoto'])
  const [session = '', ...others] = sessionOf(long)
  assert.is(others.length, 0)
  assert.ok(session.length > 0 && session.length <= 128)
  assertTold(outlet, items(0, 3), ['osaka', 'kyoto', long])
})

test('a broker that takes what is sent and is cut off before its answer has it once', async () => {
  outlet = await openOutlet({ detectDuplicates: true })
  const { store, publish, broker, sent } = outlet
  let cuts = 0
  broker.faults.onSend = () => {
    cuts += 1
    return cuts <= 2 ? (['after', 'before'] as const)[cuts - 1] : undefined
  }
  await record(store, items(0, 5))
  const publisher = publish({ ...found, from: 'start' })
  await until('all to be acknowledged', () => publisher.now.published >= 20)
  assert.is(sent().length, 20)
  assertTold(outlet, items(0, 5))
  assert.ok(broker.counts('events').duplicatesDropped >= 1)
})

test('what was brought from the old collections is not told', async () => {
  outlet = await openOutlet()
  const { store, publish, sent } = outlet
  await record(store, items(0, 5), { handler: 'import' })
  publish({ ...found, from: 'start' })
  await record(store, items(5, 6))
  await until('what came after', () => sent().length >= 4)
  assertTold(outlet, items(5, 6))
})

test('a rebuild of the views and their checkpoints send nothing again', async () => {
  outlet = await openOutlet()
  const { store, publish, sent } = outlet
  await record(store, items(0, 3))
  const publisher = publish({ ...found, from: 'start' })
  await until('all', () => sent().length === 12)
  // What a rebuild does to a store: checkpoints of another build, and none of the former one any more.
  await store.builds.forget('crawl@1')
  await store.builds.open(2)
  await store.builds.seal(2)
  await store.builds.swap(2)
  await publisher.stop()
  publish({ ...found, from: 'start' })
  await record(store, items(3, 4))
  await until('what is new', () => sent().length >= 16)
  assertTold(outlet, items(0, 4))
})

test('a store that is away is waited for', async () => {
  outlet = await openOutlet()
  const { store, publish, sent } = outlet
  await record(store, items(0, 3))
  const log = { read: awayFor(3, store.log.read), tails: awayFor(1, store.log.tails) }
  const publisher = publish({ ...found, from: 'start', store: altered(store, { log }) })
  const states: string[] = []
  publisher.status.subscribe(({ state }) => states.push(state))
  await until('all', () => sent().length === 12)
  await until('it to say so', () => publisher.now.state === 'publishing')
  assert.ok(states.includes('waiting'))
  assertTold(outlet, items(0, 3))
})

test('a broker that is away is waited for, and said so once', async () => {
  outlet = await openOutlet({ detectDuplicates: true })
  const { store, publish, broker, sent } = outlet
  const lines: string[] = []
  const logger = {
    info: (_: unknown, text?: string) => void lines.push(text ?? ''),
    warn: (_: unknown, text?: string) => void lines.push(text ?? ''),
    error: (_: unknown, text?: string) => void lines.push(text ?? ''),
  }
  const publisher = publish({ ...found, logger })
  await begun(publisher)
  await broker.close()
  await record(store, items(0, 3))
  let misses = 0
  publisher.status.subscribe(({ state }) => {
    if (state === 'waiting') misses += 1
  })
  await until('the broker to be missed twice', () => misses >= 2)
  const back = await startTestBroker({ from: broker })
  try {
    await until('all', () => publisher.now.published >= 12)
    // What the broker holds is the same before and after.
    assert.is(sent().length, 12)
    assertTold(outlet, items(0, 3))
    await until('it to say so', () => publisher.now.state === 'publishing')
    assert.equal(lines, ['publishing', 'publishing waits', 'publishing'])
    await publisher.stop()
  } finally {
    await outlet.bus.close()
    await back.close()
  }
})

test('one that is to stop does not wait for a broker that is away', async () => {
  outlet = await openOutlet()
  const { store, publish, broker } = outlet
  broker.faults.refuseLinks = () => 'amqp:resource-limit-exceeded'
  await record(store, items(0, 1))
  const publisher = publish({ ...found, from: 'start' })
  await until('the broker to be missed', () => publisher.now.state === 'waiting')
  let sendings = 0
  broker.faults.onSend = () => {
    sendings += 1
    return 'before'
  }
  broker.faults.refuseLinks = undefined
  await until('it to try again', () => sendings > 0)
  await publisher.stop()
  assert.is(publisher.now.state, 'stopped')
  assert.is(sendings, 1)
})

test('an event that is too large goes without its data', async () => {
  outlet = await openOutlet()
  const { store, publish, sent } = outlet
  await record(store, ['small'], { locations: ['osaka'] })
  const payload = { notes: 'x'.repeat(1_100_000) }
  await record(store, ['large'], { locations: ['osaka'], payload })
  await record(store, ['last'], { locations: ['osaka'] })
  publish({ ...found, from: 'start' })
  await until('all', () => sent().length === 3)
  const [, large, last] = sent().map(({ body }) => body as Record<string, unknown>)
  assert.is(large?.data, undefined)
  assert.is(large?.dataOmitted, true)
  assert.is(large?.position, 2)
  assert.equal(last?.data, { itemId: 'last' })
})

test('a log that is behind its checkpoints ends it, and anew it begins at the end', async () => {
  outlet = await openOutlet()
  const { store, publish, sent } = outlet
  await record(store, items(0, 2))
  const publisher = publish({ ...found, from: 'start' })
  await until('all', () => sent().length === 8)
  await publisher.stop()
  const older = openSqlite(':memory:', { partitions: 4 })
  try {
    await record(older, items(5, 6))
    const restored: Store = { ...store, log: older.log }
    const ended = publish({ ...found, store: restored })
    const error: unknown = await ended.finished.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.instance(error, LogBehindPublished)
    assert.is(ended.now.state, 'failed')
    await store.builds.forget(publisherName('events'))
    const next = publish({ ...found, store: restored })
    await begun(next)
    await record(older, items(6, 7))
    await until('what is new', () => sent().length >= 12)
    assertTold(outlet, ['m0', 'm1', 'm6'])
    await next.stop()
  } finally {
    await older.close()
  }
})

test.run()

import { setTimeout as sleep } from 'node:timers/promises'
import { startTestBroker, type TestBroker } from '@crawl-ledger/service-bus/test-broker'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { crawlOf } from './crawl.js'
import { over, whenOver } from './over.js'
import { lastingServer, mongoPlaces, places } from './places.js'
import { endOf, type Program, projecting, startBusService, startWorker } from './programs.js'
import { assertSound, caughtUp } from './sound.js'
import { until } from './until.js'

const test = suite('services that take their messages from a broker')
const batches = 16
const queue = 'crawl'

test.after.each(over)

/** A broker that holds the messages of a crawl. Nothing of it may be taken for dead, so often as it is given back. */
const brokerWith = async (sessions: boolean): Promise<TestBroker> => {
  const broker = await startTestBroker()
  whenOver(() => broker.close())
  broker.queue(queue, { sessions, lockMs: 2000, maxDeliveries: 1000 })
  const messages = crawlOf(batches).map(({ id, ...body }) => ({
    body,
    messageId: id,
    sessionId: body.locationId,
  }))
  broker.put(queue, messages)
  return broker
}

/** The queue is empty, and nothing of it is dead. */
const assertTaken = (broker: TestBroker): void => {
  const { active, locked, deadLettered } = broker.counts(queue)
  assert.equal({ active, locked, deadLettered }, { active: 0, locked: 0, deadLettered: 0 })
}

const emptied = (broker: TestBroker, services: () => readonly Program[]): Promise<void> =>
  until(
    'the queue to be empty',
    () => {
      for (const { child, said } of services()) assert.is(child.exitCode, null, said.out + said.err)
      const { active, locked } = broker.counts(queue)
      return active + locked === 0
    },
    120_000,
  )

const receiving = (services: readonly Program[]): Promise<void> =>
  until('all to receive', () => services.every(({ said }) => said.out.includes('"receiving"')))

/** The views hold what was sent, each message once, and all verifies. */
const assertEnded = async (
  store: string,
  broker: TestBroker,
  services: readonly Program[],
): Promise<void> => {
  assertTaken(broker)
  // One that still starts knows no SIGTERM yet.
  await receiving(services)
  for (const { child } of services) child.kill('SIGTERM')
  for (const service of services) assert.is(await endOf(service), 0, service.said.out + service.said.err)
  const worker = startWorker(store)
  await projecting(worker)
  await caughtUp(store)
  worker.child.kill('SIGTERM')
  assert.is(await endOf(worker), 0, worker.said.out)
  await assertSound(store, batches)
}

for (const place of places) {
  for (const sessions of [true, false]) {
    const named = `${place.name}, ${sessions ? 'with' : 'without'} sessions`
    test(`${named}: the link is dropped before and after settlements`, async () => {
      const chance = chanceOf(`settlements ${named}`)
      const store = await place.open()
      const broker = await brokerWith(sessions)
      let cuts = 0
      broker.faults.onSettle = () => {
        if (chance.between(0, 150) >= 1) return undefined
        cuts += 1
        return chance.pick(['before', 'after'] as const)
      }
      const service = startBusService(store, broker.connectionString, queue)
      await emptied(broker, () => [service])
      broker.faults.onSettle = undefined
      await assertEnded(store, broker, [service])
      assert.ok(cuts > 2, `only ${cuts} cuts`)
    })
  }

  test(`${place.name}: messages are delivered to two servers at once, and servers are killed`, async () => {
    const chance = chanceOf(`twice ${place.name}`)
    const store = await place.open()
    const broker = await brokerWith(false)
    let twice = 0
    broker.faults.onDeliver = () => {
      if (chance.between(0, 4) >= 1) return undefined
      twice += 1
      return 'twice'
    }
    const start = (): Program => startBusService(store, broker.connectionString, queue)
    const services = [start(), start()]
    for (let kills = 0; kills < 6; kills += 1) {
      await sleep(chance.between(200, 1500))
      const i = Math.floor(chance.between(0, services.length))
      services[i]?.child.kill('SIGKILL')
      services[i] = start()
    }
    await emptied(broker, () => services)
    await assertEnded(store, broker, services)
    assert.ok(twice > 50, `only ${twice} delivered twice`)
  })
}

for (const { name } of mongoPlaces)
  test(`${name}: the store goes away and comes back, and the messages stay with the broker`, async () => {
    const chance = chanceOf('broker and store')
    const server = await lastingServer()
    const broker = await brokerWith(true)
    const service = startBusService(server.url, broker.connectionString, queue)
    // One without a spool does not start while its store is away.
    await receiving([service])
    for (let outages = 0; outages < 3; outages += 1) {
      await sleep(chance.between(500, 1500))
      await server.stop()
      await sleep(chance.between(0, 2000))
      await server.start()
    }
    await emptied(broker, () => [service])
    await assertEnded(server.url, broker, [service])
  })

test.run()

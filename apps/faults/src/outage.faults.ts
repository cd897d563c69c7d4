import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { crawlOf, send } from './crawl.js'
import { over } from './over.js'
import { lastingServer, mongoPlaces } from './places.js'
import { projecting, startReplay, startWorker } from './programs.js'
import { assertSound, caughtUp } from './sound.js'
import { until } from './until.js'

// MongoDB only: SQLite is in the process itself.
const test = suite('a server that stops and starts again')
const batches = 24

test.after.each(over)

for (const { name } of mongoPlaces) {
  test(`${name}: while messages come in and are projected`, async () => {
    const chance = chanceOf('outage projecting')
    const server = await lastingServer()
    const workers = [startWorker(server.url), startWorker(server.url)]
    await Promise.all(workers.map(projecting))
    const sending = send(server.url, crawlOf(batches), { perSecond: 500 })
    for (let outages = 0; outages < 3; outages += 1) {
      await sleep(chance.between(100, 1000))
      await server.stop()
      await sleep(chance.between(0, 1500))
      await server.start()
    }
    await sending
    await caughtUp(server.url)
    for (const worker of workers) worker.child.kill('SIGTERM')
    assert.equal(await Promise.all(workers.map(({ ended }) => ended)), [0, 0])
    await assertSound(server.url, batches)
  })

  test(`${name}: during a rebuild`, async () => {
    const chance = chanceOf('outage rebuild')
    const server = await lastingServer()
    const worker = startWorker(server.url)
    await send(server.url, crawlOf(batches))
    await caughtUp(server.url)
    const rebuild = startReplay(server.url, 'rebuild', '--throttle', '600')
    await until('the rebuild to begin', () => rebuild.said.out.includes('building'))
    for (let outages = 0; outages < 2; outages += 1) {
      await sleep(chance.between(0, 1000))
      await server.stop()
      await sleep(chance.between(0, 1500))
      await server.start()
    }
    assert.is(await rebuild.ended, 0, rebuild.said.err)
    assert.match(rebuild.said.out, 'build 2 is read now')
    worker.child.kill('SIGTERM')
    assert.is(await worker.ended, 0, worker.said.out)
    await assertSound(server.url, batches)
  })
}

test.run()

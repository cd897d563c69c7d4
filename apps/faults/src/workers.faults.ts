import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { crawlOf, send } from './crawl.js'
import { over } from './over.js'
import { places } from './places.js'
import { holds, leaseMs, type Program, projecting, startWorker } from './programs.js'
import { assertSound, caughtUp } from './sound.js'
import { until } from './until.js'

const test = suite('workers')
const partitions = 16
const batches = 16

test.after.each(over)

for (const place of places) {
  test(`${place.name}: workers are killed at any moment while messages come in`, async () => {
    const chance = chanceOf(`killed ${place.name}`)
    const url = await place.open()
    const sending = send(url, crawlOf(batches), { perSecond: 100 })
    const workers: Program[] = []
    const count = Math.floor(chance.between(2, 5))
    for (let i = 0; i < count; i += 1) workers.push(startWorker(url))
    for (let kills = 0; kills < 24; kills += 1) {
      const i = Math.floor(chance.between(0, count))
      const worker = workers[i] as Program
      // Some die while they start, most in the middle of their work.
      if (chance.between(0, 5) > 1) await projecting(worker)
      await sleep(chance.between(0, 300))
      assert.is(worker.child.exitCode, null, worker.said.out + worker.said.err)
      worker.child.kill('SIGKILL')
      workers[i] = startWorker(url)
    }
    await sending
    await caughtUp(url)
    // One that still starts knows no SIGTERM yet.
    await Promise.all(workers.map(projecting))
    for (const worker of workers) worker.child.kill('SIGTERM')
    assert.equal(
      await Promise.all(workers.map(({ ended }) => ended)),
      workers.map(() => 0),
    )
    await assertSound(url, batches)
  })

  test(`${place.name}: a worker that slept past its lease counts nothing twice`, async () => {
    const chance = chanceOf(`paused ${place.name}`)
    const url = await place.open()
    const [sleeper, other] = [startWorker(url), startWorker(url)]
    await until(
      'both to have their share',
      () => holds(sleeper) === partitions / 2 && holds(other) === partitions / 2,
    )
    const sending = send(url, crawlOf(batches), { perSecond: 400 })
    for (let naps = 0; naps < 3; ) {
      await sleep(chance.between(0, 200))
      sleeper.child.kill('SIGSTOP')
      // One that is stopped in the midst of a transaction keeps a SQLite file locked while it sleeps: then it is woken.
      const taken = await until(
        'the other to take all',
        () => holds(other) === partitions,
        10 * leaseMs,
      ).then(
        () => true,
        error => {
          if (place.name !== 'SQLite') throw error
          return false
        },
      )
      await sleep(chance.between(0, 200))
      sleeper.child.kill('SIGCONT')
      await until('both to have their share again', () => holds(sleeper) === 8 && holds(other) === 8)
      if (taken) naps += 1
    }
    await sending
    await caughtUp(url)
    for (const worker of [sleeper, other]) worker.child.kill('SIGTERM')
    assert.equal(await Promise.all([sleeper.ended, other.ended]), [0, 0])
    await assertSound(url, batches)
  })
}

test.run()

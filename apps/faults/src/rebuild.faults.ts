import { setTimeout as sleep } from 'node:timers/promises'
import { crawl, viewNames } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { rebuild } from '@crawl-ledger/projector'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Chance, chanceOf } from './chance.js'
import { crawlOf, send } from './crawl.js'
import { over, whenOver } from './over.js'
import { places } from './places.js'
import { endOf, startReplay, startWorker } from './programs.js'
import { assertSound, caughtUp } from './sound.js'
import { until } from './until.js'

const test = suite('a rebuild that is killed')

test.after.each(over)

/** Reads documents again and again: each that was seen once is there, and never goes back. */
const reading = async (url: string) => {
  const { store } = await openStore({ store: url, create: false })
  const seen = new Map<string, number>()
  let reads = 0
  let stopped = false
  const read = async (): Promise<void> => {
    while (!stopped) {
      for (const view of viewNames) {
        for (const { _id, position } of await store.views.list(view, { prefix: '', limit: 200 })) {
          const key = `${view} ${_id}`
          assert.ok(position >= (seen.get(key) ?? 0), `${key} went back from ${seen.get(key)} to ${position}`)
          seen.set(key, position)
        }
        const known = [...seen.keys()].filter(key => key.startsWith(`${view} `)).slice(0, 100)
        const found = await store.views.load(
          view,
          known.map(key => key.slice(view.length + 1)),
        )
        assert.is(found.length, known.length, `${view}: documents that were there are missing`)
      }
      reads += 1
      await sleep(1)
    }
  }
  const done = read()
  done.catch(() => {})
  return {
    reads: () => reads,
    stop: async () => {
      stopped = true
      await done
      await store.close()
    },
  }
}

class Died extends Error {}

/** A store whose user dies at its n-th call: before anything is done, or when it is done and not yet answered. */
const dyingAt = (store: Store, turn: number, when: 'before' | 'after') => {
  let count = 0
  const calls: string[] = []
  const guarded = <P extends object>(name: string, part: P): P =>
    new Proxy(part, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function') return member
        return async (...args: readonly unknown[]) => {
          count += 1
          calls.push(`${name}.${String(key)}`)
          if (count > turn || (count === turn && when === 'before')) throw new Died()
          const answer: unknown = await member.apply(target, args)
          if (count >= turn) throw new Died()
          return key === 'open' ? guarded('beside', answer as object) : answer
        }
      },
    })
  return {
    calls,
    store: {
      ...store,
      log: guarded('log', store.log),
      views: guarded('views', store.views),
      builds: guarded('builds', store.builds),
      leases: store.leases,
    },
  }
}

/** Every call by which a rebuild goes from one state to the next, and some of those between. */
const turnsOf = (calls: readonly string[], chance: Chance): readonly number[] => {
  const all = calls.map((call, i) => ({ call, turn: i + 1 }))
  const between = all.filter(({ call }) => !call.startsWith('builds.'))
  const some = Array.from({ length: 8 }, () => chance.pick(between))
  return [...all.filter(({ call }) => call.startsWith('builds.')), ...some].map(({ turn }) => turn)
}

for (const place of places) {
  test(`${place.name}: in each of its states: run again it ends right, and readers were never wrong`, async () => {
    const chance = chanceOf(`rebuild ${place.name}`)
    const url = await place.open()
    const worker = startWorker(url)
    await send(url, crawlOf(2))
    await caughtUp(url)
    worker.child.kill('SIGTERM')
    await endOf(worker)
    const reader = await reading(url)
    const { store } = await openStore({ store: url, create: false })
    whenOver(() => store.close())
    const counting = dyingAt(store, Number.POSITIVE_INFINITY, 'before')
    await rebuild(counting.store, crawl, { owner: 'test' })
    for (const turn of turnsOf(counting.calls, chance)) {
      const dying = dyingAt(store, turn, chance.pick(['before', 'after']))
      const end = await rebuild(dying.store, crawl, { owner: 'test' }).catch((error: unknown) => error)
      // Where it took fewer calls this time, it may have ended before.
      if (dying.calls.length >= turn) assert.instance(end, Died, `${dying.calls.at(-1)}: ${String(end)}`)
      await rebuild(store, crawl, { owner: 'test' })
    }
    await reader.stop()
    assert.ok(reader.reads() > 0)
    await assertSound(url, 2)
  })

  test(`${place.name}: as a process, while messages come in and are projected`, async () => {
    const chance = chanceOf(`rebuild process ${place.name}`)
    const url = await place.open()
    const worker = startWorker(url)
    await send(url, crawlOf(6))
    await caughtUp(url)
    const reader = await reading(url)
    const sending = send(url, crawlOf(10, 6), { perSecond: 100 })
    for (let kills = 0; kills < 2; kills += 1) {
      const doomed = startReplay(url, 'rebuild', '--throttle', '2000')
      await until('the rebuild to begin', () => doomed.said.out.includes('building'))
      await sleep(chance.between(0, 1000))
      doomed.child.kill('SIGKILL')
      await endOf(doomed)
      // The lease of the dead one has to run out.
      await until('another rebuild to end', async () => {
        const next = startReplay(url, 'rebuild')
        const code = await endOf(next)
        if (code !== 0) assert.match(next.said.err, 'Another process rebuilds crawl now')
        return code === 0
      })
    }
    await sending
    await caughtUp(url)
    worker.child.kill('SIGTERM')
    assert.is(await endOf(worker), 0, worker.said.out)
    await reader.stop()
    await assertSound(url, 16)
  })
}

test.run()

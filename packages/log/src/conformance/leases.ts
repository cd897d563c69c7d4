import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Leases } from '../lease-port.js'
import type { Sample } from './suite.js'

/** Longer than any test takes. */
const longMs = 600_000

const shortMs = 150

/** A short lease that is held for so long never ends, in milliseconds. */
const expectedMs = 2500

/** Waits until the store says so: its clock counts, not ours. */
const untilExpired = async (leases: Leases, name: string): Promise<void> => {
  const end = performance.now() + expectedMs
  for (;;) {
    const isLate = performance.now() > end
    const found = (await leases.list(name)).find(lease => lease.name === name)
    assert(found !== undefined, `the lease ${name} is listed`)
    if (found.expired) return
    assert(!isLate, `the lease ${name} expires`)
    await sleep(20)
  }
}

/** Who does what. */
export const leases: readonly Sample[] = [
  {
    rule: 'leases',
    name: 'a lease has one owner, who may renew it',
    run: async bench => {
      const [{ leases }, { leases: other }] = [await bench.open(), await bench.open()]
      assert.deepEqual(await leases.take('a', ['p/1', 'p/2'], longMs), ['p/1', 'p/2'])
      assert.deepEqual(await other.take('b', ['p/2', 'p/3', 'p/1'], longMs), ['p/3'])
      assert.deepEqual(await leases.take('a', ['p/1', 'p/2', 'p/3'], longMs), ['p/1', 'p/2'])
      assert.deepEqual(await other.take('b', [], longMs), [])
      await other.release('b', [])
      assert.deepEqual(await other.take('b', ['p/1'], longMs), [])
    },
  },
  {
    rule: 'leases',
    name: 'of several who take a lease at once, one has it',
    run: async bench => {
      const all = await Promise.all([bench.open(), bench.open(), bench.open()])
      for (let round = 0; round < 5; round += 1) {
        const names = Array.from({ length: 8 }, (_, i) => `p/${round}/${i}`)
        const taken = await Promise.all(
          all.map(({ leases }, owner) => leases.take(`worker ${owner}`, names, longMs)),
        )
        assert.deepEqual(taken.flat().sort(), names)
        for (const { name, owner } of (await all[0]?.leases.list(`p/${round}/`)) ?? [])
          assert(taken[Number(owner.slice(-1))]?.includes(name), `${name} is ${owner}’s`)
      }
    },
  },
  {
    rule: 'leases',
    name: 'a lease expires by the clock of the store, and then goes to one of those who ask',
    run: async bench => {
      const all = await Promise.all([bench.open(), bench.open(), bench.open()])
      const [{ leases }] = all
      assert.deepEqual(await leases.take('dead', ['p/1', 'p/2'], shortMs), ['p/1', 'p/2'])
      await untilExpired(leases, 'p/1')
      await untilExpired(leases, 'p/2')
      const taken = await Promise.all(
        all.map(store => store.leases.take(`worker ${all.indexOf(store)}`, ['p/1', 'p/2'], longMs)),
      )
      assert.deepEqual(taken.flat().sort(), ['p/1', 'p/2'])
      assert.deepEqual(await leases.take('dead', ['p/1', 'p/2'], longMs), [])
      await leases.release('dead', ['p/1', 'p/2'])
      const listed = await leases.list('p/')
      assert.deepEqual(
        listed.map(({ expired }) => expired),
        [false, false],
      )
    },
  },
  {
    rule: 'leases',
    name: 'a lease that was renewed in time stays, and one that has expired is renewed if nobody took it',
    run: async bench => {
      const [{ leases }, { leases: other }] = [await bench.open(), await bench.open()]
      assert.deepEqual(await leases.take('a', ['p/1', 'p/2'], shortMs), ['p/1', 'p/2'])
      assert.deepEqual(await leases.take('a', ['p/1'], longMs), ['p/1'])
      await untilExpired(other, 'p/2')
      assert.deepEqual(await other.take('b', ['p/1'], longMs), [])
      assert.deepEqual(await leases.take('a', ['p/2'], longMs), ['p/2'])
      assert.deepEqual(await other.take('b', ['p/1', 'p/2'], longMs), [])
    },
  },
  {
    rule: 'leases',
    name: 'a lease that is given back is free at once, and only its owner gives it back',
    run: async bench => {
      const [{ leases }, { leases: other }] = [await bench.open(), await bench.open()]
      assert.deepEqual(await leases.take('a', ['p/1', 'p/2'], longMs), ['p/1', 'p/2'])
      await other.release('b', ['p/1', 'p/2', 'p/none'])
      assert.deepEqual(await other.take('b', ['p/1', 'p/2'], longMs), [])
      await leases.release('a', ['p/2'])
      assert.deepEqual(await other.take('b', ['p/1', 'p/2'], longMs), ['p/2'])
    },
  },
  {
    rule: 'leases',
    name: 'leases are listed by the beginning of their names, in order',
    run: async bench => {
      const [{ leases }, { leases: other }] = [await bench.open(), await bench.open()]
      await leases.take('a', ['p/2', 'p/10', 'p', 'q/1', 'pp/1'], longMs)
      await other.take('b', ['p/1', 'p/3'], longMs)
      await other.release('b', ['p/3'])
      assert.deepEqual(await leases.list('p/'), [
        { name: 'p/1', owner: 'b', expired: false },
        { name: 'p/10', owner: 'a', expired: false },
        { name: 'p/2', owner: 'a', expired: false },
      ])
      assert.equal((await leases.list('')).length, 6)
      assert.deepEqual(await leases.list('z'), [])
    },
  },
]

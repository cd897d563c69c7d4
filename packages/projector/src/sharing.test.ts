import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fairShare, type Holding, share } from './sharing.js'

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `w${i}`)

test('the shares of all workers are all partitions, and differ by one at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1024 }), (count, partitions) => {
      const all = names(count)
      const shares = all.map(worker => fairShare(worker, all, partitions))
      assert.is(
        shares.reduce((a, b) => a + b),
        partitions,
      )
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1)
    }),
  )
})

test('a worker that is not listed yet counts itself', () => {
  assert.is(fairShare('a', [], 16), 16)
  assert.is(fairShare('b', ['a'], 16), 8)
  assert.is(fairShare('b', ['a', 'b'], 16), 8)
})

test('what is more than the share is given back, and nothing is taken then', () => {
  const owners = new Map([0, 1, 2, 3].map(p => [p, 'a']))
  assert.equal(share('a', [0, 1, 2, 3], 8, { owners, workers: names(4) }), { take: [], release: [2, 3] })
})

test('only what is free is taken, and no more than the share', () => {
  const owners = new Map([
    [0, 'a'],
    [1, 'a'],
    [2, 'a'],
  ])
  assert.equal(share('b', [], 6, { owners, workers: ['a', 'b'] }).take.length, 3)
  assert.equal(share('b', [], 4, { owners, workers: ['a', 'b'] }), { take: [3], release: [] })
})

test('what is its own without its knowing is taken first, and given back where it is too much', () => {
  const owners = new Map([
    [1, 'b'],
    [2, 'a'],
    [3, 'a'],
  ])
  const holding = { owners, workers: ['a', 'b'] }
  assert.equal(share('a', [], 4, holding), { take: [2, 3], release: [] })
  assert.equal(share('a', [2], 4, holding), { take: [3], release: [] })
  assert.equal(share('a', [], 2, { ...holding, owners }), { take: [2], release: [3] })
  assert.equal(share('a', [3], 2, holding), { take: [], release: [2] })
})

test('workers that start together do not ask for the same partitions', () => {
  const workers = names(4)
  const asked = workers.flatMap(worker => share(worker, [], 16, { owners: new Map(), workers }).take)
  assert.is(new Set(asked).size, 16)
})

/** Some workers, and who holds what: anybody, or nobody. */
const anyHolding = fc
  .record({ count: fc.integer({ min: 1, max: 8 }), partitions: fc.integer({ min: 1, max: 24 }) })
  .chain(({ count, partitions }) =>
    fc.record({
      workers: fc.constant(names(count)),
      partitions: fc.constant(partitions),
      owners: fc.array(fc.option(fc.constantFrom(...names(count))), {
        minLength: partitions,
        maxLength: partitions,
      }),
      // In which order the workers have their turn.
      order: fc.shuffledSubarray([...names(count)], { minLength: count }),
    }),
  )

test('from any state everybody comes to a fair share within three turns, and then nothing moves', () => {
  fc.assert(
    fc.property(anyHolding, ({ workers, partitions, owners: first, order }) => {
      const owners = new Map(first.flatMap((owner, p) => (owner === null ? [] : [[p, owner] as const])))
      const holding: Holding = { owners, workers }
      const turn = (): boolean => {
        let moved = false
        for (const worker of order) {
          const mine = [...owners].filter(([, owner]) => owner === worker).map(([p]) => p)
          const { take, release } = share(worker, mine, partitions, holding)
          for (const p of release) assert.ok(owners.get(p) === worker && owners.delete(p))
          for (const p of take) assert.ok(!owners.has(p) && owners.set(p, worker))
          moved ||= take.length + release.length > 0
        }
        return moved
      }
      for (let i = 0; i < 3; i += 1) turn()
      assert.is(turn(), false)
      assert.is(owners.size, partitions)
      for (const worker of workers) {
        const held = [...owners.values()].filter(owner => owner === worker).length
        assert.is(held, fairShare(worker, workers, partitions))
      }
    }),
  )
})

test.run()

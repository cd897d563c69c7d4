import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check } from './crawl.test-kit.js'
import { GrowingSet } from './growing-set.js'

test('it holds what was added, once and in that order', () => {
  const set = GrowingSet.empty.add('b').add('a').add('b')
  assert.equal([...set], ['b', 'a'])
  assert.is(set.size, 2)
  assert.ok(set.has('a'))
  assert.not(set.has('c'))
})

test('adding what it has gives the same set', () => {
  const set = GrowingSet.empty.add('a')
  assert.is(set.add('a'), set)
})

test('the empty set, which all share, stays empty', () => {
  GrowingSet.empty.add('a')
  assert.is(GrowingSet.empty.size, 0)
  assert.not(GrowingSet.empty.has('a'))
})

test('two sets that grew from one do not see each other', () => {
  const root = GrowingSet.empty.add('root')
  const [left, right] = [root.add('left'), root.add('right')]
  assert.equal([...left], ['root', 'left'])
  assert.equal([...right], ['root', 'right'])
  assert.equal([...right.add('left')], ['root', 'right', 'left'])
  assert.equal([...root], ['root'])
})

test('many elements are added in little time', () => {
  let set = GrowingSet.empty
  const start = performance.now()
  for (let i = 0; i < 50_000; i++) set = set.add(`m${i}`)
  assert.is(set.size, 50_000)
  // Copying at each step would take minutes; the bound is wide because machines differ.
  assert.ok(performance.now() - start < 2_000)
})

test('each state is the set that a copying set would be, whatever grew from it since', () => {
  const steps = fc.array(fc.tuple(fc.nat(), fc.constantFrom('a', 'b', 'c', 'd', '__proto__')), {
    maxLength: 40,
  })
  check(
    fc.property(steps, all => {
      const states = [{ set: GrowingSet.empty, model: [] as readonly string[] }]
      for (const [from, element] of all) {
        const { set, model } = states[from % states.length] ?? { set: GrowingSet.empty, model: [] }
        states.push({ set: set.add(element), model: model.includes(element) ? model : [...model, element] })
      }
      for (const { set, model } of states) {
        assert.equal([...set], model)
        assert.is(set.size, model.length)
        for (const element of ['a', 'b', 'c', 'd', '__proto__'])
          assert.is(set.has(element), model.includes(element))
      }
    }),
  )
})

test.run()

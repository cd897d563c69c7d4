import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check } from './crawl.test-kit.js'
import { PersistentMap } from './persistent-map.js'

const empty = PersistentMap.empty<number | undefined>()

test('it holds what was set, in the order in which the keys came', () => {
  const map = empty.set('b', 1).set('a', 2).set('b', 3)
  assert.equal(
    [...map],
    [
      ['b', 3],
      ['a', 2],
    ],
  )
  assert.equal([[...map.keys()], [...map.values()], map.size], [['b', 'a'], [3, 2], 2])
  assert.is(map.get('c'), undefined)
  assert.not(map.has('c'))
})

test('a key that stands for undefined is there', () => {
  const map = empty.set('a', undefined)
  assert.ok(map.has('a'))
  assert.is(map.size, 1)
  map.set('a', 1)
  assert.equal([...map], [['a', undefined]])
})

test('the empty map, which all share, stays empty', () => {
  empty.set('a', 1)
  assert.equal([...PersistentMap.empty()], [])
  assert.is(PersistentMap.empty().size, 0)
})

test('two maps that grew from one do not see each other', () => {
  const root = empty.set('root', 0)
  const [left, right] = [root.set('left', 1), root.set('root', 2)]
  assert.equal([...left.keys()], ['root', 'left'])
  assert.equal([...right], [['root', 2]])
  assert.equal([...root], [['root', 0]])
  assert.equal([...left.set('right', 3).keys()], ['root', 'left', 'right'])
})

test('many versions of which only the newest is used hold their entries once', () => {
  let map = empty
  for (let i = 0; i < 50_000; i++) map = map.set(`m${i}`, i)
  assert.is(map.size, 50_000)
  assert.is(map.get('m0'), 0)
})

test('each version is the map that a copy would be, whatever grew from it since and whichever is read', () => {
  const names = ['a', 'b', 'c', '__proto__', 'constructor']
  const steps = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...names), fc.nat(3), fc.nat()), {
    maxLength: 40,
  })
  check(
    fc.property(steps, all => {
      const versions = [{ map: empty, copy: new Map<string, number | undefined>() }]
      const same = (at: number): void => {
        const { map, copy } = versions[at % versions.length] ?? { map: empty, copy: new Map() }
        assert.equal([...map], [...copy])
        assert.is(map.size, copy.size)
        for (const name of names)
          assert.equal([map.has(name), map.get(name)], [copy.has(name), copy.get(name)])
      }
      for (const [from, name, value, read] of all) {
        const base = versions[from % versions.length]
        if (base === undefined) continue
        versions.push({ map: base.map.set(name, value), copy: new Map(base.copy).set(name, value) })
        same(read)
      }
      for (const at of versions.keys()) same(at)
    }),
    500,
  )
})

test.run()

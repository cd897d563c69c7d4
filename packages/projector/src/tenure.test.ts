import type { Leases } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FakeLeases, overLine } from './leases.test-kit.js'
import { readHolding, Tenure } from './tenure.js'

const test = suite('tenure')

/** By our clock workers renew each ten milliseconds; the leases run out only when their own clock is moved. */
const leaseMs = 30
const partitions = 8

const open: Tenure[] = []
const errors: unknown[] = []
const start = (leases: Leases, worker: string, forMs = leaseMs): Tenure => {
  const onError = (error: unknown): void => {
    errors.push(error)
  }
  const tenure = new Tenure(leases, { projection: 'p', worker, partitions, leaseMs: forMs, onError })
  open.push(tenure)
  return tenure
}

test.before.each(() => {
  errors.length = 0
})
test.after.each(async () => {
  await Promise.all(open.splice(0).map(tenure => tenure.stop()))
})

const until = async (isSo: () => boolean): Promise<void> => {
  const deadline = performance.now() + 120_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it did not become so within two minutes')
    await new Promise(resolve => setTimeout(resolve, 1))
  }
}

const shares = (...tenures: readonly Tenure[]): string => tenures.map(({ now }) => now.size).join(' ')

test('one alone takes all, and tells of it once', async () => {
  const leases = new FakeLeases()
  const tenure = start(leases, 'a')
  const told: number[] = []
  tenure.changes.subscribe(held => told.push(held.size))
  assert.equal(told, [])
  await until(() => tenure.now.size === partitions)
  assert.equal(told, [partitions])
  assert.equal((await readHolding(leases, 'p')).workers, ['a'])
})

test('those who come later get their share, and no partition is ever held by two', async () => {
  const leases = new FakeLeases()
  const all: Tenure[] = []
  for (const name of ['c', 'a', 'b']) {
    const tenure = start(leases, name, 1000)
    // Whoever says that it holds a partition has its lease.
    tenure.changes.subscribe(held => {
      for (const p of held) assert.is(leases.owner(`p/partition/000${p}`), name)
      const others = all.filter(other => other !== tenure).flatMap(({ now }) => [...now])
      for (const p of held) assert.not(others.includes(p), `${p} is held by two`)
    })
    all.push(tenure)
  }
  await until(() => shares(...all) === '2 3 3')
  assert.is(new Set(all.flatMap(({ now }) => [...now])).size, partitions)
  assert.equal(errors, [])
})

test('who stops gives everything back: others need not wait for the leases to run out', async () => {
  const leases = new FakeLeases()
  const [a, b] = [start(leases, 'a'), start(leases, 'b')]
  await until(() => shares(a, b) === '4 4')
  await a.stop()
  assert.is(a.now.size, 0)
  await until(() => b.now.size === partitions)
  assert.equal((await readHolding(leases, 'p')).workers, ['b'])
})

test('who stops is followed long before its leases would have run out or been renewed', async () => {
  const leases = new FakeLeases()
  const [a, b] = [start(leases, 'a', 60_000), start(leases, 'b', 60_000)]
  await until(() => shares(a, b) === '4 4')
  await a.stop()
  await until(() => b.now.size === partitions)
})

test('who dies is followed when its leases have run out, and not before', async () => {
  const leases = new FakeLeases()
  const dying = overLine(leases)
  const [a, b] = [start(dying.leases, 'a'), start(leases, 'b')]
  await until(() => shares(a, b) === '4 4')
  dying.become('silent')
  // By its own clock it knows that they may be another's by now.
  await until(() => a.now.size === 0)
  assert.is(b.now.size, 4)
  leases.tick(leaseMs)
  await until(() => b.now.size === partitions)
  dying.become('away')
})

test('who was away for a while and comes back has what nobody took meanwhile', async () => {
  const leases = new FakeLeases()
  const line = overLine(leases)
  const tenure = start(line.leases, 'a')
  await until(() => tenure.now.size === partitions)
  line.become('away')
  await until(() => tenure.now.size === 0)
  line.become('good')
  await until(() => tenure.now.size === partitions)
  assert.ok(errors.length > 0)
})

test('what was taken while the answer was lost is known again with the next one', async () => {
  const leases = new FakeLeases()
  const line = overLine(leases)
  const [a, b] = [start(leases, 'a'), start(line.leases, 'b')]
  await until(() => shares(a, b) === '4 4')
  line.become('deaf')
  await a.stop()
  await until(() => errors.length > 1)
  line.become('good')
  await until(() => b.now.size === partitions)
})

test('stopping ends also where the store is away', async () => {
  const line = overLine(new FakeLeases())
  const tenure = start(line.leases, 'a')
  await until(() => tenure.now.size === partitions)
  line.become('away')
  await tenure.stop()
  assert.is(tenure.now.size, 0)
  assert.ok(errors.length > 0)
})

test.run()

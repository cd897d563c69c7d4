import { Reader, type Store, sealer, voidCommit } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from './bus.test-kit.js'
import { altered, commitsOf, record } from './publisher.test-kit.js'
import { startHere } from './start-here.js'

const test = suite('start here')
const opened: Store[] = []

const open = (): Store => {
  const store = openSqlite(':memory:', { partitions: 1 })
  opened.push(store)
  return store
}

test.after.each(async () => {
  for (const store of opened.splice(0)) await store.close()
})

const standOf = async (store: Store): Promise<number | undefined> =>
  (await store.views.checkpoints('it')).find(({ partition }) => partition === 0)?.position

/** A log of so many commits of which some are still under way. */
const withHoles = async (count: number, holes: readonly number[]) => {
  const whole = open()
  await record(
    whole,
    Array.from({ length: count }, (_, i) => `m${i}`),
    { locations: ['osaka'] },
  )
  const commits = await commitsOf(whole)
  const store = open()
  await store.log.restore(commits.filter(({ position }) => !holes.includes(position)))
  const land = (position: number) => store.log.restore(commits.filter(commit => commit.position === position))
  return { store, land }
}

test('an empty log is begun with its first commit', async () => {
  const store = open()
  await startHere(store, 'it', new Reader(store.log))
  assert.is(await standOf(store), 0)
})

test('a log is begun at its end, and only once', async () => {
  const { store } = await withHoles(5, [])
  await startHere(store, 'it', new Reader(store.log))
  assert.is(await standOf(store), 5)
  await record(store, ['later'], { locations: ['osaka'] })
  await startHere(store, 'it', new Reader(store.log))
  assert.is(await standOf(store), 5)
})

test('a commit that was under way at the start is not of the past', async () => {
  const { store, land } = await withHoles(6, [3, 5])
  let reads = 0
  const read: Store['log']['read'] = (...args) => {
    reads += 1
    return store.log.read(...args)
  }
  const begun = startHere(store, 'it', new Reader({ ...store.log, read }))
  await until('it to wait for the hole', () => reads >= 2)
  assert.is(await standOf(store), undefined)
  await land(3)
  await begun
  assert.is(await standOf(store), 2)
})

test('a hole that nobody fills any more belongs to the past', async () => {
  const { store } = await withHoles(6, [3, 5])
  await startHere(store, 'it', new Reader(store.log, { graceMs: 0 }))
  assert.is(await standOf(store), 6)
  const [, , third] = await commitsOf(store)
  assert.is(third?.hash, voidCommit(sealer(), 0, 3).hash)
})

test('two that begin at once begin at the same place', async () => {
  const { store } = await withHoles(4, [])
  const late = altered(store, {
    views: {
      save: async fold => {
        await startHere(store, 'it', new Reader(store.log))
        await record(store, ['later'], { locations: ['osaka'] })
        return store.views.save(fold)
      },
    },
  })
  await startHere(late, 'it', new Reader(store.log))
  assert.is(await standOf(store), 4)
})

test('of a long log only the end is read', async () => {
  const { store } = await withHoles(1300, [])
  let read = 0
  const log: Store['log'] = {
    ...store.log,
    read: async (...args) => {
      const commits = await store.log.read(...args)
      read += commits.length
      return commits
    },
  }
  await startHere({ ...store, log }, 'it', new Reader(log))
  assert.is(await standOf(store), 1300)
  assert.ok(read < 2100, `${read} were read`)
})

test.run()

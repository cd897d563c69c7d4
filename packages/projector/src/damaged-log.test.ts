import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import { CommitUnreadable, type Store } from '@crawl-ledger/log'
import { NEVER } from 'rxjs'
import { suite } from 'uvu'
import { buildOf } from './build.js'
import { readCheckpoints } from './checkpoints.js'
import { Projector } from './projector.js'
import { assertFolded, until, viewsOf, write } from './projector.test-kit.js'
import { retryHeld } from './quarantine.js'
import { rebuild } from './rebuild/rebuild.js'
import { type Damageable, ledger, project } from './verify/verify.test-kit.js'

const test = suite('a log with a damaged commit')
const owner = 'the test'

/** Damages a commit of partition 0; what is given mends it. */
const damage = ({ sql }: Damageable, position = 9): (() => void) => {
  sql('CREATE TABLE IF NOT EXISTS kept (body TEXT)')
  sql('INSERT INTO kept SELECT body FROM events WHERE partition = 0 AND position = ?', position)
  sql("UPDATE events SET body = '{' WHERE partition = 0 AND position = ?", position)
  return () =>
    sql(
      'UPDATE events SET body = (SELECT body FROM kept LIMIT 1) WHERE partition = 0 AND position = ?',
      position,
    )
}

const projecting = async (store: Store, work: (projector: Projector) => Promise<void>): Promise<void> => {
  const projector = new Projector(store, { projection: crawl, signal: NEVER, batch: 5 })
  try {
    await work(projector)
  } finally {
    await projector.stop()
  }
}

const checkpoint = async (store: Store, partition: number, build = 1) =>
  (await readCheckpoints(store.views, buildOf(crawl, build), store.log.partitions)).get(partition)

const isFolded = async (store: Store, partition: number): Promise<boolean> =>
  (await checkpoint(store, partition))?.position === (await store.log.tails()).get(partition)

/** A ledger in which nothing is folded in partition 0 behind position 8, for the commit at 9 is damaged. */
const stopped = async (): Promise<Damageable & { readonly mend: () => void }> => {
  const damaged = await ledger({ partitions: 2 })
  const { store, sql } = damaged
  for (const view of ['workflows', 'locations', 'media']) sql(`DELETE FROM ${view}`)
  sql('DELETE FROM checkpoints')
  const mend = damage(damaged)
  await projecting(store, async () => {
    await until(async () => (await checkpoint(store, 0))?.stopped !== undefined && (await isFolded(store, 1)))
  })
  return { ...damaged, mend }
}

test('its partition stops there, says so, and goes on when it is mended; the other never stands still', async () => {
  const { store, mend } = await stopped()
  const at = await checkpoint(store, 0)
  assert.deepEqual([at?.position, at?.stopped?.position], [8, 9])
  assert.match(at?.stopped?.error ?? '', /position 9 of partition 0 .*verify/)
  await assert.rejects(retryHeld(store, crawl, 0, 9), CommitUnreadable)
  mend()
  assert.equal(await retryHeld(store, crawl, 0, 9), undefined)
  await project(store)
  await assertFolded(store)
})

test('one that was folded before, and is the last, holds nobody up', async () => {
  const damaged = await ledger({ partitions: 2 })
  const { store } = damaged
  const mend = damage(damaged, (await store.log.tails()).get(0))
  await projecting(store, async projector => {
    await write(store, 2)
    await until(async () => (await isFolded(store, 0)) && (await isFolded(store, 1)))
    assert.equal(projector.now.state, 'running')
  })
  mend()
  await assertFolded(store)
})

test('a rebuild refuses where the views hold more than can be read, and leaves them as they are', async () => {
  const damaged = await ledger({ partitions: 2 })
  const { store } = damaged
  const before = await viewsOf(store)
  const mend = damage(damaged)
  await assert.rejects(rebuild(store, crawl, { owner }), CommitUnreadable)
  assert.deepEqual(await viewsOf(store), before)
  mend()
  assert.equal((await rebuild(store, crawl, { owner })).build, 2)
  await assertFolded(store, { projection: buildOf(crawl, 2) })
})

test('a rebuild stops that partition where the views that are read have stopped, and goes on with all others', async () => {
  const { store, mend } = await stopped()
  assert.equal((await rebuild(store, crawl, { owner })).build, 2)
  const at = await checkpoint(store, 0, 2)
  assert.deepEqual([at?.position, at?.stopped?.position], [8, 9])
  assert.equal((await checkpoint(store, 1, 2))?.position, (await store.log.tails()).get(1))
  mend()
  await retryHeld(store, crawl, 0, 9)
  await project(store)
  await assertFolded(store, { projection: buildOf(crawl, 2) })
})

test.run()

import { strict as assert } from 'node:assert'
import { crawl, type Projection, type ViewDocument, type ViewName } from '@crawl-ledger/domain'
import { CommitUnreadable } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { NEVER } from 'rxjs'
import { suite } from 'uvu'
import { ProjectionOutdated, RebuildNeeded, readBuild } from '../build.js'
import { Projector } from '../projector.js'
import { altered, viewsOf, write } from '../projector.test-kit.js'
import { discardHeld, heldCommits, retryHeld } from '../quarantine.js'
import { rebuild } from '../rebuild/rebuild.js'
import { ViewsReplaced } from './doubts.js'
import { all, type Damageable, ledger, only, project } from './verify.test-kit.js'
import { type VerifyViewsOptions, verifyViews } from './views.js'

const test = suite('verify the views')

const check = ({ store }: Pick<Damageable, 'store'>, options?: VerifyViewsOptions) =>
  all(verifyViews(store, crawl, options))

/** Writes a document over the one that is there. */
const overwrite = ({ sql }: Damageable, view: ViewName, id: string, document: object): void => {
  const body = JSON.stringify(document)
  const { v, position } = document as ViewDocument
  sql(`INSERT OR REPLACE INTO "${view}" (id, v, position, body) VALUES (?, ?, ?, ?)`, id, v, position, body)
}

const documentOf = async ({ store }: Damageable, view: ViewName, id: string): Promise<ViewDocument> =>
  only(await store.views.load(view, [id]))

const workflow = 'osaka-1/a1'

test('nothing is found in views that nobody touched, in one slice and in many', async () => {
  const clean = await ledger({ partitions: 2 })
  const seen: number[] = []
  for (const memoryMb of [256, 0.005]) {
    const onProgress = ({ done, total }: { done: number; total: number }) => seen.push(done - total)
    const [findings, summary] = await check(clean, { memoryMb, onProgress })
    assert.deepEqual(findings, [])
    assert.deepEqual(summary, { documents: (await viewsOf(clean.store)).length, findings: 0, repaired: 0 })
    assert.equal(seen.at(-1), 0)
  }
})

test('nothing is found where nothing was folded yet', async () => {
  const store = openSqlite(':memory:')
  await write(store)
  const [findings, { documents }] = await check({ store })
  assert.deepEqual([findings, documents], [[], 0])
})

for (const memoryMb of [256, 0.005])
  test(`a document changed, removed, added, of another build; repaired (${memoryMb} MB)`, async () => {
    const damaged = await ledger({ partitions: 2 })
    const before = await viewsOf(damaged.store)
    const right = await documentOf(damaged, 'workflows', workflow)
    overwrite(damaged, 'workflows', workflow, { ...right, status: 'active' })
    damaged.sql('DELETE FROM media WHERE id = ?', `${workflow}/m1`)
    const location = await documentOf(damaged, 'locations', 'kyoto-1')
    overwrite(damaged, 'locations', 'kyoto-1', { ...location, v: 7 })
    overwrite(damaged, 'workflows', 'osaka-2/x', { ...right, _id: 'osaka-2/x' })
    const media = await documentOf(damaged, 'media', `${workflow}/m2`)
    overwrite(damaged, 'media', `${workflow}/m2`, { ...media, position: 1_000_000 })

    const [found, { findings }] = await check(damaged, { memoryMb })
    assert.deepEqual(found.map(({ kind, view, id }) => `${kind} ${view} ${id}`).sort(), [
      `differs media ${workflow}/m2`,
      `differs workflows ${workflow}`,
      'missing media osaka-1/a1/m1',
      'other-build locations kyoto-1',
      'unexplained workflows osaka-2/x',
    ])
    assert.equal(findings, 5)
    const message = found.find(({ id }) => id === workflow)?.message
    assert.equal(message, 'workflows osaka-1/a1: status is "active" and must be "completed".')
    assert(found.every(one => one.repaired === undefined))

    const [again, { repaired }] = await check(damaged, { memoryMb, repair: true })
    assert.equal(repaired, 4)
    assert.deepEqual(
      again.filter(one => one.repaired !== true).map(({ kind }) => kind),
      ['unexplained'],
    )
    assert.match(again.find(one => !one.repaired)?.message ?? '', /crawl-replay rebuild/)
    damaged.sql("DELETE FROM workflows WHERE id = 'osaka-2/x'")
    assert.deepEqual(await viewsOf(damaged.store), before)
    assert.deepEqual((await check(damaged))[0], [])
  })

test('where a row and the document in it do not agree, it is found and repaired', async () => {
  const damaged = await ledger()
  damaged.sql("UPDATE locations SET position = 1 WHERE id = 'kyoto-1'")
  damaged.sql("UPDATE workflows SET body = json_remove(body, '$._id') WHERE id = ?", workflow)
  damaged.sql("INSERT INTO media (id, v, position, body) VALUES ('osaka-2/x/y', 1, 1, '{}')")
  const [found] = await check(damaged, { repair: true })
  assert.deepEqual(
    found.map(({ kind, id, repaired }) => `${kind} ${id} ${repaired}`),
    ['differs kyoto-1 true', 'unexplained osaka-2/x/y false'],
  )
})

test('a document that stands still where others went on is found', async () => {
  const damaged = await ledger()
  const old = await documentOf(damaged, 'locations', 'osaka-1')
  await write(damaged.store, 2)
  await project(damaged.store)
  overwrite(damaged, 'locations', 'osaka-1', old)
  assert.equal(only((await check(damaged))[0]).kind, 'differs')
})

test('nothing is repaired from a log that is not the one that was folded', async () => {
  const damaged = await ledger()
  damaged.remove(9)
  const [findings, { repaired }] = await check(damaged, { repair: true })
  assert(findings.length > 0)
  assert.equal(repaired, 0)
  assert(findings.every(one => one.repaired === false))
})

test('a log that cannot be read is said to be so', async () => {
  const damaged = await ledger()
  damaged.sql("UPDATE events SET body = '{' WHERE position = 9")
  await assert.rejects(
    check(damaged),
    (error: unknown) => error instanceof CommitUnreadable && error.position === 9,
  )
})

test('views of another version of the projection are not compared', async () => {
  const { store } = await ledger()
  const of = (version: number): Projection => ({ ...crawl, version })
  await assert.rejects(all(verifyViews(store, of(crawl.version + 1))), RebuildNeeded)
  await assert.rejects(all(verifyViews(store, of(crawl.version - 1))), ProjectionOutdated)
})

test('views that are swapped meanwhile are not reported as wrong', async () => {
  const damaged = await ledger()
  damaged.sql('DELETE FROM media')
  let asked = 0
  const record: typeof damaged.store.builds.record = async name => {
    asked += 1
    const found = await damaged.store.builds.record(name)
    return found === undefined || asked === 1 ? found : { ...found, build: found.build + 1 }
  }
  const store = { ...damaged.store, builds: { ...damaged.store.builds, record } }
  await assert.rejects(all(verifyViews(store, crawl)), ViewsReplaced)
})

for (const [when, finds] of [
  ['before it begins', 'finished'],
  ['while it looks', 'refused'],
] as const)
  test(`a swap whose names are exchanged ${when}, and that is not recorded, is not repaired away`, async () => {
    const { store } = await ledger()
    const killed = new Error('killed')
    const swap: typeof store.builds.swap = async build => {
      await store.builds.swap(build)
      throw killed
    }
    const dying = { ...store, builds: { ...store.builds, swap } }
    const begun = async (): Promise<void> => {
      await assert.rejects(rebuild(dying, crawl, { owner: 'killed' }), killed)
    }
    let looks = 0
    const load: typeof store.views.load = async (view, ids) => {
      looks += 1
      if (finds === 'refused' && looks === 1) await begun()
      return store.views.load(view, ids)
    }
    if (finds === 'finished') await begun()
    const verified = all(verifyViews(altered(store, { views: { load } }), crawl, { repair: true }))
    if (finds === 'finished') {
      const [findings] = await verified
      assert.deepEqual(findings, [])
    } else await assert.rejects(verified, ViewsReplaced)
    for (const [, { v }] of await viewsOf(store)) assert.equal(v, 2)
    await project(store)
    assert.deepEqual((await all(verifyViews(store, crawl)))[0], [])
    assert.equal((await readBuild(store, crawl)).version, 2)
  })

const broken = new Set<string>()
/** The crawl, but that stages cannot be folded into media while `broken` holds them. */
const fragile: Projection = {
  ...crawl,
  fold: (route, document, event, place) => {
    if (route.view === 'media' && broken.has(event.type)) throw new Error('broken')
    return crawl.fold(route, document, event, place)
  },
}

/** A ledger with documents that are held back. */
const held = async () => {
  broken.add('StageCompleted')
  const store = openSqlite(':memory:', { partitions: 1 })
  await write(store)
  const projector = new Projector(store, { projection: fragile, signal: NEVER })
  while ((await heldCommits(store, fragile)).length < 6) await new Promise(resolve => setTimeout(resolve, 5))
  await projector.stop()
  return store
}

test('a held document is right, and so are one that was let go and one that a commit was left out of', async () => {
  const store = await held()
  const [waiting, ...others] = await heldCommits(store, fragile)
  assert(waiting !== undefined && others.length > 0)
  assert.deepEqual((await all(verifyViews(store, fragile)))[0], [])
  await discardHeld(store, fragile, waiting.partition, waiting.position)
  assert.deepEqual((await all(verifyViews(store, fragile)))[0], [])
  broken.clear()
  assert.deepEqual(
    (await all(verifyViews(store, fragile)))[0],
    [],
    'the program can fold it now, and has not',
  )
  for (const { partition, position } of others) await retryHeld(store, fragile, partition, position)
  assert.deepEqual((await all(verifyViews(store, fragile)))[0], [])
  assert.deepEqual(await heldCommits(store, fragile), [])
})

test('a document that is let go while views are verified is right', async () => {
  const store = await held()
  broken.clear()
  let released = false
  const load: typeof store.views.load = async (view, ids) => {
    if (!released) {
      released = true
      for (const { partition, position } of await heldCommits(store, fragile))
        await retryHeld(store, fragile, partition, position)
    }
    return store.views.load(view, ids)
  }
  const [findings] = await all(verifyViews(altered(store, { views: { load } }), fragile))
  assert.deepEqual(findings, [])
})

test('projecting goes on, and gives no false finding', async () => {
  const { store } = await ledger({ partitions: 2 })
  const projector = new Projector(store, { projection: crawl, signal: NEVER, batch: 3 })
  const writing = (async () => {
    for (let round = 2; round < 12; round += 1) await write(store, round)
  })()
  let [rounds, going] = [0, true]
  void writing.then(() => {
    going = false
  })
  while (going) {
    assert.deepEqual((await check({ store }, { memoryMb: rounds % 2 === 0 ? 256 : 0.02 }))[0], [])
    rounds += 1
  }
  await writing
  await project(store)
  assert.deepEqual((await check({ store }))[0], [])
  await projector.stop()
  assert(rounds > 2, `${rounds}`)
})

test.run()

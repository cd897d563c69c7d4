import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger } from 'crawl-ledger'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { over } from './over.js'
import { places } from './places.js'
import { type Program, projecting, startServer, startWorker } from './programs.js'
import { assertVerified, caughtUp } from './sound.js'

const test = suite('servers that share the work')

const stages = ['download', 'analyse', 'publish']
const items = 2000
const servers = 4
const workflow = { locationId: 'osaka', batchId: 'large' }

test.after.each(over)

for (const place of places) {
  test(`${place.name}: four work on ${items} items in three stages while one is killed every second`, async () => {
    const chance = chanceOf(`servers ${place.name}`)
    const url = await place.open()
    const ledger = await openLedger({ store: url, project: false })
    await ledger.handle({ ...workflow, type: 'new-batch', stages })
    const found = Array.from({ length: items }, (_, i) => ({
      ...workflow,
      type: 'item-found',
      item: { mediaId: `m${i}` },
    }))
    await Promise.all(found.map(message => ledger.handle(message)))
    const worker = startWorker(url)
    await projecting(worker)
    const crew: Program[] = []
    for (let i = 0; i < servers; i += 1) crew.push(startServer(url, `server-${i}`, stages))

    const isDone = async (): Promise<boolean> => {
      const { work } = (await ledger.workflows.get('osaka/large')) ?? { work: [] }
      return stages.every(stage => work.some(one => one.stage === stage && one.done === items))
    }
    let kills = 0
    for (const deadline = performance.now() + 120_000; !(await isDone()); kills += 1) {
      assert.ok(
        performance.now() < deadline,
        JSON.stringify((await ledger.workflows.get('osaka/large'))?.work),
      )
      await sleep(1000)
      const i = Math.floor(chance.between(0, servers))
      crew[i]?.child.kill('SIGKILL')
      crew[i] = startServer(url, `server-${i}-${kills}`, stages)
    }
    for (const { child } of crew) child.kill('SIGKILL')
    await Promise.all(crew.map(({ ended }) => ended))
    await caughtUp(url)

    const completed = new Map<string, number>()
    for await (const { event } of ledger.history('osaka/large'))
      if (event.type === 'StageCompleted') {
        const key = `${event.data.stage} of ${event.data.mediaId}`
        completed.set(key, (completed.get(key) ?? 0) + 1)
      }
    assert.is(completed.size, stages.length * items)
    assert.equal(
      [...completed].filter(([, count]) => count !== 1),
      [],
    )
    const view = await ledger.workflows.get('osaka/large')
    assert.equal(
      view?.stages.map(({ stage, completed: count }) => [stage, count]).sort(),
      stages.map(stage => [stage, items]).sort(),
    )
    assert.is(view?.mediaItems, items)
    worker.child.kill('SIGTERM')
    assert.is(await worker.ended, 0)
    await ledger.close()
    const { store } = await openStore({ store: url, create: false })
    await assertVerified(store)
    await store.close()
  })
}

test.run()

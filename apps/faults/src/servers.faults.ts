import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger, WorkflowTracker } from 'crawl-ledger'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { over } from './over.js'
import { places } from './places.js'
import { type Program, projecting, startServer, startWorker } from './programs.js'
import { assertVerified, caughtUp } from './sound.js'

const test = suite('servers that share the work')

const stages = ['prep-media', 'analyse-media', 'enrich-venue']
const items = 2000
const servers = 4
const workflow = { locationId: 'osaka', batchId: 'large' }
const context = WorkflowTracker.createBatchContext(workflow)

test.after.each(over)

for (const place of places) {
  test(`${place.name}: four work on ${items} items in three stages while one is killed every second`, async () => {
    const chance = chanceOf(`servers ${place.name}`)
    const url = await place.open()
    const ledger = await openLedger({ store: url, project: false })
    await ledger.handlers.handleNewBatch(context, { locationId: workflow.locationId })
    const found = Array.from({ length: items }, (_, i) => ({
      itemId: `m${i}`,
      itemUrl: `https://media.example/${i}`,
      itemType: 'image' as const,
    }))
    await Promise.all(found.map(item => ledger.handlers.handleItemFound(context, item)))
    const worker = startWorker(url)
    await projecting(worker)
    const crew: Program[] = []
    for (let i = 0; i < servers; i += 1) crew.push(startServer(url, `server-${i}`, stages))

    const isDone = async (): Promise<boolean> => {
      const view = await ledger.workflows.get(workflow)
      return stages.every(stage => view?.stages.some(row => row.stage === stage && row.completed === items))
    }
    let kills = 0
    for (const deadline = performance.now() + 300_000; !(await isDone()); kills += 1) {
      assert.ok(performance.now() < deadline, JSON.stringify((await ledger.workflows.get(workflow))?.stages))
      await sleep(1000)
      const i = Math.floor(chance.between(0, servers))
      crew[i]?.child.kill('SIGKILL')
      crew[i] = startServer(url, `server-${i}-${kills}`, stages)
    }
    for (const { child } of crew) child.kill('SIGKILL')
    await Promise.all(crew.map(({ ended }) => ended))
    await caughtUp(url)

    const completed = new Map<string, number>()
    // Who reports after its claim expired may tell an earlier time of what is done: that counts nothing.
    for await (const { event } of ledger.history(workflow))
      if (event.type === 'StageCompleted' && event.data.done === undefined) {
        const key = `${event.data.stage} of ${event.data.itemId}`
        completed.set(key, (completed.get(key) ?? 0) + 1)
      }
    assert.is(completed.size, stages.length * items)
    assert.equal(
      [...completed].filter(([, count]) => count !== 1),
      [],
    )
    const view = await ledger.workflows.get(workflow)
    assert.equal(
      view?.stages.map(({ stage, completed: count }) => [stage, count]).sort(),
      stages.map(stage => [stage, items]).sort(),
    )
    assert.is(view?.items.found, items)
    assert.is(view?.items.finished, items)
    worker.child.kill('SIGTERM')
    assert.is(await worker.ended, 0)
    await ledger.close()
    const { store } = await openStore({ store: url, create: false })
    await assertVerified(store)
    await store.close()
  })
}

test.run()

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { crawlOf, type Message } from './crawl.js'
import { over, whenOver } from './over.js'
import { lastingServer, mongoPlaces } from './places.js'
import { endOf, projecting, startWorker } from './programs.js'
import { assertSound, caughtUp } from './sound.js'
import { until } from './until.js'

// MongoDB only: SQLite is in the process itself, and is not away.
const test = suite('a service whose store goes away')

test.after.each(over)

const spoolFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-spool-'))
  whenOver(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'spool.db')
}

const stopWorker = async (worker: ReturnType<typeof startWorker>): Promise<void> => {
  worker.child.kill('SIGTERM')
  assert.is(await endOf(worker), 0, worker.said.out)
}

/** Hands in messages, so many at once; each is handed in once, and none may be lost. */
const handIn = async (
  ledger: Awaited<ReturnType<typeof openLedger>>,
  messages: readonly Message[],
  together: number,
): Promise<{ readonly spooled: number; readonly slowestMs: number }> => {
  let next = 0
  let spooled = 0
  let slowestMs = 0
  const work = async (): Promise<void> => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
      const start = performance.now()
      const { outcome } = await ledger.handle(message)
      slowestMs = Math.max(slowestMs, performance.now() - start)
      assert.ok(['recorded', 'duplicate', 'unchanged', 'spooled'].includes(outcome), outcome)
      if (outcome === 'spooled') spooled += 1
    }
  }
  await Promise.all(Array.from({ length: together }, work))
  return { spooled, slowestMs }
}

for (const { name } of mongoPlaces) {
  test(`${name}: for the length of 10,000 messages, then back`, async () => {
    const server = await lastingServer()
    const batches = 100
    const ledger = await openLedger({ store: server.url, project: false, spool: spoolFile() })
    const messages = crawlOf(batches)
    assert.ok(messages.length > 11_000)
    await handIn(ledger, messages.slice(0, 1000), 50)
    await server.stop()
    const { spooled } = await handIn(ledger, messages.slice(1000), 50)
    assert.ok(spooled > 10_000, `${spooled} spooled`)
    await server.start()
    await until('the spool to be empty', () => ledger.spool?.status().messages === 0, 60_000)
    assert.is(ledger.spool?.status().refused, 0)
    await ledger.close()
    const worker = startWorker(server.url)
    await projecting(worker)
    await caughtUp(server.url)
    await stopWorker(worker)
    await assertSound(server.url, batches)
  })

  test(`${name}: again and again, a second each time`, async () => {
    const server = await lastingServer()
    const batches = 24
    const worker = startWorker(server.url)
    await projecting(worker)
    const ledger = await openLedger({ store: server.url, project: false, spool: spoolFile() })
    let done = false
    const flapping = (async () => {
      while (!done) {
        await sleep(1000)
        await server.stop()
        await sleep(1000)
        await server.start()
      }
    })()
    const messages = crawlOf(batches)
    for (let i = 0; i < messages.length; i += 200) {
      await handIn(ledger, messages.slice(i, i + 200), 50)
      await sleep(500)
    }
    done = true
    await flapping
    await until('the spool to be empty', () => ledger.spool?.status().messages === 0, 60_000)
    await ledger.close()
    await caughtUp(server.url)
    await stopWorker(worker)
    await assertSound(server.url, batches)
  })

  test(`${name}: and is itself killed while it appends, spools and drains`, async () => {
    const chance = chanceOf('service killed')
    const server = await lastingServer()
    const spool = spoolFile()
    const batches = 30
    const waiting = [...crawlOf(batches)]
    const kept = new Set<string>()
    const start = async (): Promise<ChildProcess> => {
      const child = fork(fileURLToPath(new URL('./service.ts', import.meta.url)), [], {
        execArgv: ['--import', 'tsx'],
        env: { PATH: process.env.PATH, STORE: server.url, SPOOL: spool },
      })
      whenOver(() => child.kill('SIGKILL'))
      await once(child, 'message')
      child.on('message', ({ id, outcome }: { id?: string; outcome?: string }) => {
        if (id !== undefined && outcome !== 'unavailable') kept.add(id)
      })
      return child
    }
    /** Whoever has no receipt sends again, and in the order of before. */
    const hand = (child: ChildProcess, most: number): void => {
      for (const message of waiting.filter(({ id }) => !kept.has(id)).slice(0, most))
        if (child.connected) child.send(message)
    }
    let isUp = true
    for (let kills = 0; kills < 30; kills += 1) {
      if (isUp && kills % 3 === 1) {
        await server.stop()
        isUp = false
      } else if (!isUp && kills % 3 === 0) {
        await server.start()
        isUp = true
      }
      const child = await start()
      hand(child, 150)
      // In the outage the store first has to count as away.
      await sleep(chance.between(0, isUp ? 200 : 1500))
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    if (!isUp) await server.start()
    const last = await start()
    await until('all to have a receipt', async () => {
      hand(last, 300)
      await sleep(200)
      return waiting.every(({ id }) => kept.has(id))
    })
    let left = Number.NaN
    last.on('message', ({ waiting: count }: { waiting?: number }) => {
      left = count ?? left
    })
    await until('the spool to be empty', async () => {
      last.send('status')
      await sleep(50)
      return left === 0
    })
    last.kill('SIGTERM')
    const worker = startWorker(server.url)
    await projecting(worker)
    await caughtUp(server.url)
    await stopWorker(worker)
    await assertSound(server.url, batches)
  })
}

test.run()

import { readable } from '@crawl-ledger/log'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { crawlOf, send } from './crawl.js'
import { over } from './over.js'
import { mongoPlaces } from './places.js'
import { startWorker } from './programs.js'
import { badLine } from './proxy.js'
import { assertSound, caughtUp } from './sound.js'

// MongoDB only: SQLite has no connections.
const test = suite('connections that are cut in the middle of answers')
const batches = 10

test.after.each(over)

/** How often each message is in the log. */
const timesRecorded = async (url: string): Promise<ReadonlyMap<string, number>> => {
  const { store } = await openStore({ store: url })
  const times = new Map<string, number>()
  for (let partition = 0; partition < store.log.partitions; partition += 1)
    for (const { messages } of readable(await store.log.read(new Map([[partition, 0]]), 100_000)))
      for (const { id, handler } of messages) if (handler !== 'void') times.set(id, (times.get(id) ?? 0) + 1)
  await store.close()
  return times
}

for (const place of mongoPlaces)
  test(`${place.name}: an append whose answer was lost is not made twice`, async () => {
    const url = await place.open()
    const line = await badLine(Number(new URL(url).port), chanceOf('connections'))
    const through = `mongodb://127.0.0.1:${line.port}/faults`
    const worker = startWorker(through)
    // With luck few of the connections break: then there is more to be sent.
    let sent = 0
    do {
      await send(through, crawlOf(batches, sent))
      sent += batches
    } while (line.cuts() < 3)
    line.mend()
    await caughtUp(url)
    worker.child.kill('SIGTERM')
    assert.is(await worker.ended, 0, worker.said.out)
    const recorded = await timesRecorded(url)
    for (const { id } of crawlOf(sent)) assert.is(recorded.get(id), 1, id)
    await assertSound(url, sent)
  })

test.run()

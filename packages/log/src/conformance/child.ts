// A process of the crew: opens a ledger that another process made, and writes messages to it.
import { Writer } from '../writer.js'
import type { Job, Report } from './crew.js'
import type { Reopen } from './fixture.js'
import { incoming, streamOf } from './kit.js'

const report = (what: Report): void => {
  process.send?.(what)
}

const once = <A>(): Promise<A> =>
  new Promise(resolve => process.once('message', resolve as (a: unknown) => void))

const job = await once<Job>()
const { reopen } = (await import(job.module)) as { reopen: Reopen }
const store = await reopen(job.location, job.ledger)
const go = once<'go'>()
report({ tag: 'ready' })
await go

const writer = new Writer(store.log, { server: job.server })
let next = 0
/** Writes one message after the other; several of these are at work together. */
const work = async (): Promise<void> => {
  for (let index = next++; index < job.messages.length; index = next++) {
    const raw = job.messages[index]
    if (raw === undefined) return
    report({ tag: 'receipt', index, receipt: await writer.write(streamOf(raw), incoming(raw)) })
  }
}
await Promise.all(Array.from({ length: job.together }, work))
await writer.idle()
await store.close()
report({ tag: 'done' })
process.disconnect()

import { crawl as crawlProjection } from '@crawl-ledger/domain'
import { rebuild } from '@crawl-ledger/projector'
import { openLedger } from 'crawl-ledger'
import { openStore } from 'crawl-ledger/store'
import { mongoSubject } from './mongodb.js'
import { sqliteSubject } from './sqlite.js'
import { crawl } from './stream.js'
import { inFlight, seconds } from './timing.js'

/** A process of the bench: does one task with a store, and answers with time and peak memory. */
const [task, store = '', name = '', total = '0'] = process.argv.slice(2)

const write = async (): Promise<number> => {
  const ledger = await openLedger({ store, project: false })
  const messages = [...crawl(name, Number(total), 128)]
  const time = await seconds(() => inFlight(messages, 64, message => ledger.handle(message)))
  await ledger.close()
  return time
}

const project = async (): Promise<number> => {
  const start = await openLedger({ store, project: false })
  const time = await seconds(async () => {
    const ledger = await openLedger({ store, project: true })
    await ledger.caughtUp({ timeoutMs: 600_000 })
    await ledger.close()
  })
  await start.close()
  return time
}

/** What projecting is measured against: all is read and parsed, and the views that are there are written anew. */
const readAndWrite = async (): Promise<number> => {
  const subject = store.startsWith('sqlite:') ? sqliteSubject() : await mongoSubject(store)
  const time = await seconds(() => subject.readAndWrite(store))
  await subject.close()
  return time
}

const rebuildViews = async (): Promise<number> => {
  const opened = await openStore({ store })
  const time = await seconds(() => rebuild(opened.store, crawlProjection, { owner: 'bench' }))
  await opened.store.close()
  return time
}

const tasks: { readonly [task: string]: () => Promise<number> } = {
  write,
  project,
  rebuild: rebuildViews,
  'read-and-write': readAndWrite,
}

const time = (await tasks[task ?? '']?.()) ?? Number.NaN
process.send?.({ seconds: time, peakMb: process.resourceUsage().maxRSS / 1024 })
process.disconnect()

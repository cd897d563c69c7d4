import { openLedger } from 'crawl-ledger'
import { crawl } from './stream.js'
import { inFlight, seconds } from './timing.js'

/** A process of the bench: writes its own workflows, or projects a whole log; answers with time and peak memory. */
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

const time = task === 'write' ? await write() : await project()
process.send?.({ seconds: time, peakMb: process.resourceUsage().maxRSS / 1024 })
process.disconnect()

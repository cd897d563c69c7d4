import { openLedger } from 'crawl-ledger'
import { connectServiceBus, startConsumer } from 'crawl-ledger/service-bus'

// A crawler service in a process of its own that takes its messages from a queue, until SIGTERM.
const { STORE = '', BUS = '', QUEUE = '' } = process.env
const log = (fields: object, msg: string): void => {
  process.stdout.write(`${JSON.stringify({ ...fields, msg })}\n`)
}
const ledger = await openLedger({ store: STORE, project: false, retryForMs: 1000 })
const bus = await connectServiceBus({ connectionString: BUS, timeoutMs: 2000 })
const consumer = startConsumer({
  bus,
  from: { queue: QUEUE },
  handle: ledger.handle,
  ping: ledger.ping,
  logger: { info: log, warn: log, error: log },
})
process.once('SIGTERM', async () => {
  await consumer.stop()
  log({ counts: consumer.now.counts }, 'stopped')
  await ledger.close()
  // The broker's answers to questions that nobody asks any more are not waited for.
  process.exit(0)
})
await consumer.finished

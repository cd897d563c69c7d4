import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openLedger } from 'crawl-ledger'
import { type Bus, connectServiceBus, startConsumer } from 'crawl-ledger/service-bus'
import type { Filling } from './broker.child.js'
import { perSecond, type Ratio } from './measures.js'
import { type BenchMessage, crawl } from './stream.js'
import type { Opened } from './subject.js'
import { median, seconds } from './timing.js'

const atOnce = 256

/** So many workflows at a time: eight messages of each are in hand together; in the real streams it is eleven to fourteen. */
const together = atOnce / 8

const startBroker = async () => {
  const child = fork(fileURLToPath(new URL('./broker.child.js', import.meta.url)))
  const [{ connectionString }] = (await once(child, 'message')) as [{ connectionString: string }]
  const bus = await connectServiceBus({ connectionString, timeoutMs: 1000 })
  return {
    bus,
    fill: async (filling: Filling): Promise<void> => {
      child.send(filling)
      await once(child, 'message')
    },
    close: async () => {
      await bus.close()
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** A receiver of the SDK that completes each message at once. */
const bare = async ({ client }: Bus, queue: string, total: number): Promise<number> => {
  const receiver = client.createReceiver(queue)
  let left = total
  const time = await seconds(
    () =>
      new Promise<void>((resolve, reject) =>
        receiver.subscribe(
          {
            processMessage: async message => {
              await receiver.completeMessage(message)
              left -= 1
              if (left === 0) resolve()
            },
            processError: async ({ error }) => reject(error),
          },
          { autoCompleteMessages: false, maxConcurrentCalls: atOnce },
        ),
      ),
  )
  await receiver.close()
  return time
}

/** The consumer with a ledger behind it. As with the bare one, opening and closing do not count. */
const consuming = async (bus: Bus, queue: string, total: number, store: string): Promise<number> => {
  const ledger = await openLedger({ store, project: false })
  const { handle, ping } = ledger
  const start = performance.now()
  const consumer = startConsumer({ bus, from: { queue }, sessions: false, atOnce, handle, ping })
  while (consumer.now.counts.completed < total) {
    if (consumer.now.state === 'failed') await consumer.finished
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  const time = (performance.now() - start) / 1000
  await consumer.stop()
  await ledger.close()
  return time
}

/** A consumer that records each message, to a bare receiver that completes it at once; both of a broker on this machine. */
export const receiving = async (
  { subject }: Opened,
  total: number,
  rounds: number,
): Promise<readonly Ratio[]> => {
  const { bus, fill, close } = await startBroker()
  const ratios: number[] = []
  let detail = ''
  for (let round = 0; round <= rounds; round += 1) {
    const messages: readonly BenchMessage[] = [...crawl(`bus${round}`, total, together)]
    const [plain, recorded] = [`plain-${round}`, `recorded-${round}`]
    await fill({ queue: plain, sessions: false, messages })
    const theirs = await bare(bus, plain, total)
    await fill({ queue: recorded, sessions: false, messages })
    const ours = await consuming(bus, recorded, total, subject.fresh())
    if (round === 0) continue
    ratios.push(theirs / ours)
    detail = `${perSecond(total, ours)}, bare ${perSecond(total, theirs)}`
  }
  await close()
  const what = `Service Bus consumer, ${atOnce} in hand, to a bare receiver`
  return [{ what, ratio: median(ratios), limit: { atLeast: 0.5 }, detail }]
}

import type { Receipt } from '@crawl-ledger/log'
import { type Bus, connectServiceBus } from './bus.js'
import { type Consumer, type ConsumerOptions, startConsumer } from './consumer.js'
import type { EntityOptions, TestBroker } from './test-broker/index.js'
import { startTestBroker } from './test-broker/index.js'

/** Resolves as soon as it is so; rejects with what was waited for when that takes too long. */
export const until = async (what: string, isSo: () => boolean, withinMs = 120_000): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

export interface World {
  readonly broker: TestBroker
  readonly bus: Bus
  consume(options: Partial<ConsumerOptions>): Consumer
  close(): Promise<void>
}

export const recorded: Receipt = { outcome: 'recorded', position: 1 }

/** A broker with one queue, `crawl`, and a connection to it. */
export const openWorld = async (options: EntityOptions = {}): Promise<World> => {
  const broker = await startTestBroker()
  broker.queue('crawl', options)
  const bus = await connectServiceBus({ connectionString: broker.connectionString, timeoutMs: 500 })
  const consumers: Consumer[] = []
  return {
    broker,
    bus,
    consume: more => {
      const consumer = startConsumer({
        bus,
        from: { queue: 'crawl' },
        sessions: options.sessions === true,
        handle: async () => recorded,
        ping: async () => {},
        ...more,
      })
      consumers.push(consumer)
      return consumer
    },
    close: async () => {
      await Promise.all(consumers.map(consumer => consumer.stop()))
      await bus.close()
      await broker.close()
    },
  }
}

export const found = (itemId: string, locationId = 'osaka') => ({
  body: {
    type: 'item_found',
    context: { batchId: 'b1', locationId, stage: 'crawl-media', completedStages: [], metadata: {} },
    payload: { itemId },
  },
  messageId: `found-${itemId}`,
  sessionId: locationId,
})

/** The body of a message of `found`, as a handler gets it: bytes. */
export const bodyOf = (message: unknown): ReturnType<typeof found>['body'] => {
  if (!Buffer.isBuffer(message)) throw new Error('the body came otherwise than as bytes')
  return JSON.parse(message.toString())
}

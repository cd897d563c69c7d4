import { type Bus, startConsumer } from 'crawl-ledger/service-bus'
import type { Messages } from './serve.js'

export type Entity = { readonly queue: string } | { readonly topic: string; readonly subscription: string }

/** Messages of Azure Service Bus. Each is settled when it has its receipt, and stays with the broker while the store is away. */
export const fromServiceBus =
  (bus: Bus, from: Entity): Messages =>
  async ({ handle, ping, logger }) => {
    const consumer = startConsumer({
      bus,
      from,
      handle,
      ping,
      logger,
    })
    return {
      ended: consumer.finished,
      stop: async () => {
        await consumer.stop()
        await bus.close()
      },
    }
  }

import {
  type BusOptions,
  type ConsumerOptions,
  connectServiceBus,
  startConsumer,
} from 'crawl-ledger/service-bus'
import type { Messages } from './serve.js'

export type Entity = { readonly queue: string } | { readonly topic: string; readonly subscription: string }

/**
 * Messages of Azure Service Bus. Each is settled when it has its receipt, and stays with the broker while the store is away.
 *
 * @throws BusUnusable when a setting is missing or wrong; the broker itself is not asked yet
 */
export const fromServiceBus = async (
  place: BusOptions,
  from: Entity,
  guard: Pick<ConsumerOptions, 'securityToken'> = {},
): Promise<Messages> => {
  const bus = await connectServiceBus(place)
  return async ({ handle, ping, logger }) => {
    const consumer = startConsumer({ bus, from, handle, ping, logger, ...guard })
    return {
      ended: consumer.finished,
      stop: async () => {
        await consumer.stop()
        await bus.close()
      },
    }
  }
}

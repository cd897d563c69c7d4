import type { Settings } from 'crawl-ledger'
import { connectServiceBus, startConsumer } from 'crawl-ledger/service-bus'
import type { Messages } from './serve.js'

export type Entity = { readonly queue: string } | { readonly topic: string; readonly subscription: string }

type Place = Pick<Settings, 'serviceBusConnectionString' | 'serviceBusNamespace'>

/**
 * Messages of Azure Service Bus. Each is settled when it has its receipt, and stays with the broker while the store is away.
 *
 * @throws BusUnusable when a setting is missing or wrong; the broker itself is not asked yet
 */
export const fromServiceBus = async (
  { serviceBusConnectionString: connectionString, serviceBusNamespace: namespace }: Place,
  from: Entity,
): Promise<Messages> => {
  const bus = await connectServiceBus({
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(namespace === undefined ? {} : { namespace }),
  })
  return async ({ handle, ping, logger }) => {
    const consumer = startConsumer({ bus, from, handle, ping, logger })
    return {
      ended: consumer.finished,
      stop: async () => {
        await consumer.stop()
        await bus.close()
      },
    }
  }
}

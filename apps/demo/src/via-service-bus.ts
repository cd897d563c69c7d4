import { randomUUID } from 'node:crypto'
import type { ServiceBusMessage } from '@azure/service-bus'
import { startTestBroker } from '@crawl-ledger/service-bus/test-broker'
import type { Handle, Ledger, Receipt, Settings } from 'crawl-ledger'
import { type Bus, busError, type Consumer, connectServiceBus, startConsumer } from 'crawl-ledger/service-bus'
import { StoreAway, usualPatienceMs } from './ingest.js'

/** Messages that go through Service Bus on their way to the ledger. */
export interface Via {
  /** Sends a message, and resolves with the receipt that the consumer had for it. */
  readonly handle: Handle
  /** Tells each time that the store begins not to answer. */
  whenAway(listener: () => void): void
  close(): Promise<void>
}

const queue = 'crawl-demo'

type Place = Pick<Settings, 'serviceBusConnectionString' | 'serviceBusNamespace'>

/** The broker that the settings name; where they name none, a stand-in within this process. */
const brokerOf = async ({
  serviceBusConnectionString: connectionString,
  serviceBusNamespace: namespace,
}: Place): Promise<{ bus: Bus; close: () => Promise<void> }> => {
  if (connectionString !== undefined || namespace !== undefined) {
    const bus = await connectServiceBus({ connectionString, namespace })
    return { bus, close: () => bus.close() }
  }
  const broker = await startTestBroker()
  broker.queue(queue, { sessions: false })
  const bus = await connectServiceBus({ connectionString: broker.connectionString, timeoutMs: 2000 })
  return {
    bus,
    close: async () => {
      await bus.close()
      await broker.close()
    },
  }
}

/** Sends what was handed over together in as few batches as the broker takes. */
const batching = (bus: Bus, onError: (error: unknown) => void) => {
  const sender = bus.client.createSender(queue)
  const waiting: ServiceBusMessage[] = []
  let isSending = false
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      let batch = await sender.createMessageBatch()
      for (const message of waiting.splice(0)) {
        if (batch.tryAddMessage(message)) continue
        await sender.sendMessages(batch)
        batch = await sender.createMessageBatch()
        if (!batch.tryAddMessage(message)) await sender.sendMessages(message)
      }
      if (batch.count > 0) await sender.sendMessages(batch)
    }
  }
  return {
    add: (message: ServiceBusMessage): void => {
      waiting.push(message)
      if (isSending) return
      isSending = true
      void new Promise<void>(resolve => setImmediate(resolve))
        .then(send)
        .catch((error: unknown) => onError(busError(bus.name, queue, error)))
        .finally(() => {
          isSending = false
        })
    },
    close: () => sender.close(),
  }
}

/** A message's own id becomes the broker's, as its sender would give it. */
const idOf = (message: unknown): { readonly messageId?: string } => {
  const { id } = (message ?? {}) as { readonly id?: unknown }
  return typeof id === 'string' && id !== '' && id.length <= 128 ? { messageId: id } : {}
}

/** Puts Service Bus between the file and the ledger: sender, broker, consumer, handlers. */
export const viaServiceBus = async (
  ledger: Pick<Ledger, 'handle' | 'ping'>,
  place: Place,
  signal: AbortSignal,
): Promise<Via> => {
  const { bus, close } = await brokerOf(place)
  /** Who waits for a receipt, by the correlation id of what was sent. */
  const waiting = new Map<string, { resolve: (receipt: Receipt) => void; reject: (error: unknown) => void }>()
  let failure: { readonly error: unknown } | undefined
  const fail = (error: unknown): void => {
    failure ??= { error }
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const isUnavailable = (): void => {
    for (const { resolve } of waiting.values()) resolve({ outcome: 'unavailable' })
    waiting.clear()
  }
  let tellAway = (): void => {}
  let patience: NodeJS.Timeout | undefined
  /** The message stays with the consumer, which looks for the store; who waits for the receipt does so for a while. */
  const away = (): void => {
    if (patience === undefined) tellAway()
    patience ??= setTimeout(() => fail(new StoreAway()), usualPatienceMs)
    if (signal.aborted) isUnavailable()
  }
  const back = (): void => {
    clearTimeout(patience)
    patience = undefined
  }
  signal.addEventListener('abort', () => {
    if (patience !== undefined) isUnavailable()
  })
  const consumer: Consumer = startConsumer({
    bus,
    from: { queue },
    ping: ledger.ping,
    atOnce: 1000,
    handle: async (message, context) => {
      const receipt = await ledger.handle(message, context)
      if (receipt.outcome === 'unavailable') away()
      else {
        back()
        waiting.get(context.correlationId ?? '')?.resolve(receipt)
        waiting.delete(context.correlationId ?? '')
      }
      return receipt
    },
  })
  consumer.finished.catch(fail)
  const sender = batching(bus, fail)
  return {
    handle: message =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) throw failure.error
        const correlationId = randomUUID()
        waiting.set(correlationId, { resolve, reject })
        sender.add({ body: message, correlationId, ...idOf(message) })
      }),
    whenAway: listener => {
      tellAway = listener
    },
    close: async () => {
      back()
      await consumer.stop()
      await sender.close()
      await close()
    },
  }
}

import {
  type RetryOptions,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus'
import { type EntityOptions, startTestBroker, type TestBroker } from './index.js'

/** A client that tries again soon. */
export const clientOf = (broker: TestBroker, retryOptions: RetryOptions = {}): ServiceBusClient =>
  new ServiceBusClient(broker.connectionString, {
    retryOptions: { timeoutInMs: 5000, retryDelayInMs: 20, maxRetries: 5, ...retryOptions },
  })

/** A test with a broker that has a queue `q`, and a client; both are closed after it. */
export const withQueue =
  (
    options: EntityOptions,
    run: (broker: TestBroker, client: ServiceBusClient) => Promise<void>,
  ): (() => Promise<void>) =>
  async () => {
    const broker = await startTestBroker()
    broker.queue('q', options)
    const client = clientOf(broker)
    try {
      await run(broker, client)
    } finally {
      await client.close()
      await broker.close()
    }
  }

export const bodies = (messages: readonly { readonly body: unknown }[]): unknown[] =>
  messages.map(({ body }) => body)

/** Messages that hold the numbers from `first` on. */
export const numbers = (count: number, sessionId?: string, first = 0) =>
  Array.from({ length: count }, (_, i) => ({
    body: first + i,
    messageId: `${sessionId ?? 'm'}-${first + i}`,
    ...(sessionId === undefined ? {} : { sessionId }),
  }))

/** Exactly so many messages, however many calls they come in. */
export const receive = async (
  receiver: ServiceBusReceiver,
  count: number,
): Promise<ServiceBusReceivedMessage[]> => {
  const messages: ServiceBusReceivedMessage[] = []
  const deadline = Date.now() + 120_000
  while (messages.length < count) {
    if (Date.now() > deadline) throw new Error(`${messages.length} of ${count} messages came`)
    messages.push(...(await receiver.receiveMessages(count - messages.length, { maxWaitTimeInMs: 1000 })))
  }
  return messages
}

export const one = async (receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> => {
  const [message] = await receive(receiver, 1)
  if (message === undefined) throw new Error('no message came')
  return message
}

export const until = async (isSo: () => boolean): Promise<void> => {
  const deadline = Date.now() + 120_000
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('It did not become so within two minutes.')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Renews a lock again and again until something is so. Rejects when it is lost. */
export const renewingUntil = async (renew: () => Promise<unknown>, isSo: () => boolean): Promise<void> => {
  while (!isSo()) {
    await renew()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** The code of the error that a promise is rejected with; undefined if it is not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error.code ?? error,
  )

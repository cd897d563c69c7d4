import { RetryMode, ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus'
import { BusUnusable } from './errors.js'

export interface BusOptions {
  /** `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…`. Either this or `namespace`. */
  readonly connectionString?: string | undefined
  /** `NAME.servicebus.windows.net`, or `NAME` alone: signs in with `DefaultAzureCredential`. */
  readonly namespace?: string | undefined
  /**
   * How long one attempt at an operation may take, in milliseconds: 100 to 600,000, default 5,000. So long `close` may
   * take, too, for the SDK's question for the next session cannot be broken off.
   */
  readonly timeoutMs?: number
}

/** A connection to a Service Bus namespace. It is made when it is first needed, and again by itself when it is lost. */
export interface Bus {
  /** The namespace, without keys. */
  readonly name: string
  readonly client: ServiceBusClient
  /** What would keep the process alive for a minute if the connection were closed before its answer is there. */
  readonly asked: Set<Promise<unknown>>
  close(): Promise<void>
}

const clientOptions = ({ timeoutMs = 5000 }: BusOptions): ServiceBusClientOptions => {
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 100 && timeoutMs <= 600_000))
    throw new BusUnusable(`timeoutMs: it must be a whole number from 100 to 600000, and not ${timeoutMs}.`)
  return {
    retryOptions: {
      timeoutInMs: timeoutMs,
      maxRetries: 3,
      mode: RetryMode.Exponential,
      retryDelayInMs: Math.min(500, timeoutMs),
      maxRetryDelayInMs: Math.min(5000, timeoutMs),
    },
  }
}

const clientOf = async (options: BusOptions): Promise<ServiceBusClient> => {
  const { connectionString, namespace } = options
  if (connectionString !== undefined && namespace === undefined) {
    try {
      return new ServiceBusClient(connectionString, clientOptions(options))
    } catch (error) {
      if (error instanceof BusUnusable) throw error
      // The SDK's own words may repeat the string, and with it the key.
      throw new BusUnusable(
        'AZURE_SERVICE_BUS_CONNECTION_STRING: it must be Endpoint=sb://NAME.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=….',
      )
    }
  }
  if (namespace === undefined)
    throw new BusUnusable(
      'Nothing tells which Service Bus: set AZURE_SERVICE_BUS_CONNECTION_STRING, or AZURE_SERVICE_BUS_NAMESPACE to sign in with the ' +
        'identity of this machine.',
    )
  if (connectionString !== undefined)
    throw new BusUnusable(
      'AZURE_SERVICE_BUS_CONNECTION_STRING and AZURE_SERVICE_BUS_NAMESPACE are both set: leave one of them out.',
    )
  if (!/^[a-z0-9][a-z0-9.-]*$/i.test(namespace))
    throw new BusUnusable('AZURE_SERVICE_BUS_NAMESPACE: it must be NAME or NAME.servicebus.windows.net.')
  const host = namespace.includes('.') ? namespace : `${namespace}.servicebus.windows.net`
  // Loaded only where it is used: it is larger than all the rest.
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new ServiceBusClient(host, new DefaultAzureCredential(), clientOptions(options))
}

/**
 * Prepares the connection to a Service Bus namespace; nothing is asked of it yet.
 *
 * @throws BusUnusable when a setting is missing or wrong
 */
export const connectServiceBus = async (options: BusOptions): Promise<Bus> => {
  const client = await clientOf(options)
  const asked = new Set<Promise<unknown>>()
  return {
    name: client.fullyQualifiedNamespace,
    client,
    asked,
    close: async () => {
      await Promise.allSettled(asked)
      await client.close()
    },
  }
}

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import rhea, { type EventContext } from 'rhea'
import type { TestBroker } from './broker.js'
import { serve } from './connection.js'
import { contentFrom } from './content.js'
import { Entity } from './entity.js'
import { Namespace } from './namespace.js'

/*
 * An AMQP peer against which the real `@azure/service-bus` runs in tests and benches. It is not Service Bus. It keeps
 * all in memory, in one process, and does what the SDK's happy and unhappy paths need to be tried:
 * - everyone is let in, and without TLS;
 * - no transactions, scheduled or deferred messages, rules and filters, forwarding, time to live, session state,
 *   partitions, management over HTTP: a message for later is there at once, a deferral is refused;
 * - a subscription or a dead-letter queue can be sent to like a queue;
 * - duplicates are remembered for ever, not for a window of time;
 * - a dead message has a sequence number of its own in the dead-letter queue;
 * - a connection that is lost frees its sessions at once, and what was in hand does not count as a failed delivery,
 *   as when a session is closed; Service Bus may keep such a session locked until the lock expires;
 * - nothing is throttled, and no size is refused but what the client itself refuses;
 * - time is the process's own.
 */

const maxMessageSize = 1024 * 1024

/** What a broker keeps when it is closed, so that another can go on with it. */
const kept = new WeakMap<TestBroker, { readonly namespace: Namespace; readonly port: number }>()

const containerOf = (namespace: Namespace) => {
  const container = rhea.create_container({ id: 'test-broker', treat_modified_as_released: false })
  container.on('connection_open', ({ connection }: EventContext) => serve(connection, namespace))
  // A client that is gone, or was cut off, is nothing to complain of: its socket closes, and `serve` hears of it.
  for (const event of ['disconnected', 'connection_error', 'session_error', 'error'])
    container.on(event, () => undefined)
  return container
}

const listen = async (namespace: Namespace, port: number) => {
  const sockets = new Set<Socket>()
  const server = containerOf(namespace).listen({
    host: '127.0.0.1',
    port,
    // Unsettled deliveries that an AMQP session remembers.
    session_buffer_size: 16_384,
    receiver_options: { autoaccept: false, credit_window: 500, max_message_size: maxMessageSize },
  })
  server.on('connection', socket => {
    // rhea writes frame by frame: without this each waits for the peer's acknowledgement of the one before.
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server, 'listening')
  return { server, sockets, port: (server.address() as AddressInfo).port }
}

/**
 * Starts a broker on 127.0.0.1.
 *
 * @param options.port a free one by default
 * @param options.from a broker that was closed: this one goes on with its entities, messages, faults and port
 */
export const startTestBroker = async (
  options: { readonly port?: number; readonly from?: TestBroker } = {},
): Promise<TestBroker> => {
  const before = options.from && kept.get(options.from)
  const namespace = before?.namespace ?? new Namespace({})
  const { server, sockets, port } = await listen(namespace, options.port ?? before?.port ?? 0)

  const found = (name: string) => {
    const entity = namespace.target(name)
    if (entity === undefined) throw new Error(`The test broker has no entity "${name}": add it first.`)
    return entity
  }
  const cut = () => {
    for (const socket of sockets) socket.destroy(new Error('cut'))
  }

  const broker: TestBroker = {
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=k;SharedAccessKey=k;UseDevelopmentEmulator=true`,
    faults: namespace.faults,
    queue: (name, entity = {}) => {
      namespace.addQueue(name, entity)
    },
    topic: (name, { detectDuplicates = false } = {}) => namespace.addTopic(name, detectDuplicates),
    subscription: (topic, name, entity = {}) => namespace.addSubscription(topic, name, entity),
    counts: name => found(name).counts,
    messages: name => {
      const entity = found(name)
      return entity instanceof Entity ? entity.messages : []
    },
    put: (name, messages) => {
      const entity = found(name)
      const contents = messages.map(contentFrom)
      if (!contents.every(content => entity.admits(content)))
        throw new Error(`"${name}" has sessions: each message needs a session id.`)
      for (const content of contents) entity.put(content)
    },
    cut,
    expireLocks: () => namespace.expireLocks(),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
  kept.set(broker, { namespace, port })
  return broker
}

import { decodeMessage, handlerOf, workflowStream } from '@crawl-ledger/domain'
import { type Commit, readable, type Store, StoreUnavailable, Writer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { type Bus, connectServiceBus } from './bus.js'
import { Publisher, type PublisherOptions } from './publisher.js'
import {
  type EntityOptions,
  type HeldMessage,
  startTestBroker,
  type TestBroker,
} from './test-broker/index.js'

export const places = ['osaka', 'kyoto', 'nara', 'kobe']

/** What a message of the crawl becomes in the log: a commit for each item. `handler` as it is kept there. */
export const record = async (
  store: Store,
  items: readonly string[],
  {
    locations = places,
    handler,
    context = {},
    payload = {},
    traceparent,
  }: {
    locations?: readonly string[]
    handler?: string
    context?: Record<string, unknown>
    payload?: Record<string, unknown>
    traceparent?: string
  } = {},
): Promise<void> => {
  const writer = new Writer(store.log, { server: 'test' })
  for (const itemId of items)
    for (const locationId of locations) {
      const raw = {
        type: 'item_found',
        context: {
          locationId,
          batchId: 'b1',
          stage: 'crawl-media',
          timestamp: '2024-05-01T12:00:00.000Z',
          completedStages: [],
          metadata: {},
          ...context,
        },
        payload: { itemId, ...payload },
        id: `${locationId}-${itemId}`,
      }
      const decoded = decodeMessage(raw, '2024-05-01T12:00:00.000Z')
      if (decoded._tag === 'Left') throw new Error(decoded.left.message)
      const envelope = decoded.right
      const receipt = await writer.write(workflowStream(locationId, 'b1'), {
        envelope,
        handler: handler ?? handlerOf.item_found,
        ...(traceparent === undefined ? {} : { traceparent }),
      })
      if (receipt.outcome !== 'recorded') throw new Error(`it is ${receipt.outcome}`)
    }
}

/** All commits of a log, in order. */
export const commitsOf = async ({ log }: Store): Promise<readonly Commit[]> =>
  readable(await log.read(new Map(Array.from({ length: log.partitions }, (_, p) => [p, 0])), 10_000))

/** A store of which some methods are done otherwise. */
export const altered = (
  store: Store,
  { log, views }: { log?: Partial<Store['log']>; views?: Partial<Store['views']> },
): Store => ({ ...store, log: { ...store.log, ...log }, views: { ...store.views, ...views } })

/** Does what it is asked, but for its first so many calls: then the store is away. */
export const awayFor = <A extends readonly unknown[], B>(
  calls: number,
  method: (...args: A) => Promise<B>,
): ((...args: A) => Promise<B>) => {
  let left = calls
  return (...args) => {
    left -= 1
    return left >= 0
      ? Promise.reject(new StoreUnavailable('The store of the test', undefined))
      : method(...args)
  }
}

/** What was found, as the messages of a subscription tell it. */
export const itemsOf = (messages: readonly HeldMessage[], locationId: string): readonly string[] =>
  messages.flatMap(({ body }) => {
    const told = body as { type: string; locationId: string; data: { itemId: string } }
    return told.locationId === locationId && told.type === 'ItemFound' ? [told.data.itemId] : []
  })

export interface Outlet {
  readonly broker: TestBroker
  readonly bus: Bus
  readonly store: Store
  publish(options?: Partial<PublisherOptions>): Publisher
  /** What the subscription `all` of the topic holds. */
  sent(): readonly HeldMessage[]
  close(): Promise<void>
}

/** A log of four partitions and a topic `events` with one subscription. */
export const openOutlet = async (
  options: Pick<EntityOptions, 'detectDuplicates' | 'sessions'> = {},
  store: Store = openSqlite(':memory:', { partitions: 4 }),
): Promise<Outlet> => {
  const { detectDuplicates = false, sessions = false } = options
  const broker = await startTestBroker()
  broker.topic('events', { detectDuplicates })
  broker.subscription('events', 'all', { sessions })
  const bus = await connectServiceBus({ connectionString: broker.connectionString, timeoutMs: 500 })
  const publishers: Publisher[] = []
  return {
    broker,
    bus,
    store,
    sent: () => broker.messages('events/Subscriptions/all'),
    publish: (more = {}) => {
      const server = `publisher-${publishers.length}`
      const publisher = new Publisher({ bus, store, to: 'events', server, ...more })
      publishers.push(publisher)
      return publisher
    },
    close: async () => {
      await Promise.all(publishers.map(publisher => publisher.stop()))
      await bus.close()
      await store.close()
      await broker.close()
    },
  }
}

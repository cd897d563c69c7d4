import { startTestBroker } from '@crawl-ledger/service-bus/test-broker'
import type { BenchMessage } from './stream.js'

export interface Filling {
  readonly queue: string
  readonly sessions: boolean
  readonly messages: readonly BenchMessage[]
}

// A broker in a process of its own, so that what is measured does not share a thread with it.
const broker = await startTestBroker()

process.on('message', ({ queue, sessions, messages }: Filling) => {
  broker.queue(queue, { sessions })
  broker.put(
    queue,
    messages.map(({ id, ...body }) => ({ body, messageId: id, sessionId: body.context.locationId })),
  )
  process.send?.({ filled: queue })
})
process.once('disconnect', () => process.exit())
process.send?.({ connectionString: broker.connectionString })

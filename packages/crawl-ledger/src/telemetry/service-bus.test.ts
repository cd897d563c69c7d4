import { startTestBroker } from '@crawl-ledger/service-bus/test-broker'
import { scoped } from '@crawl-ledger/testing'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../away/away.test-kit.js'
import { openLedger } from '../index.js'
import { connectServiceBus, startConsumer } from '../service-bus.js'
import { batch } from '../team.test-kit.js'
import { withSdk } from './sdk.test-kit.js'

const test = suite('telemetry of Service Bus')

const traceId = '0af7651916cd43dd8448eb211c80319c'
const sender = 'b7ad6b7169203331'

for (const property of ['traceparent', 'Diagnostic-Id'])
  test(`the trace in a message's ${property} goes on to its commit and its view`, () =>
    withSdk(sdk =>
      scoped(async opened => {
        const broker = opened(await startTestBroker())
        broker.queue('crawl')
        const bus = opened(
          await connectServiceBus({ connectionString: broker.connectionString, timeoutMs: 500 }),
        )
        const ledger = opened(await openLedger({ store: 'memory:' }))
        const { handle, ping } = ledger
        const consumer = startConsumer({ bus, from: { queue: 'crawl' }, sessions: false, handle, ping })
        opened({ close: () => consumer.stop() })
        broker.put('crawl', [
          {
            body: batch('osaka-1', ['download']),
            messageId: 'm1',
            applicationProperties: { [property]: `00-${traceId}-${sender}-01` },
          },
        ])
        await until('the view to be told of', () => sdk.spans('crawl-ledger.project').length === 1)
        const [process] = sdk.spans('process crawl')
        const [handled] = sdk.spans('crawl-ledger.handle')
        assert.is(process?.parentSpanContext?.spanId, sender)
        assert.is(handled?.parentSpanContext?.spanId, process?.spanContext().spanId)
        for (const name of [
          'process crawl',
          'crawl-ledger.handle',
          'crawl-ledger.append',
          'crawl-ledger.project',
        ])
          assert.is(sdk.spans(name)[0]?.spanContext().traceId, traceId, name)
        assert.is(process?.attributes['messaging.servicebus.disposition_status'], 'complete')
        await until('the message to be settled', () => consumer.now.counts.completed === 1)
        const [settled] = await sdk.points('crawl_ledger.service_bus.messages')
        assert.equal(
          [settled?.value, settled?.attributes],
          [1, { 'messaging.destination.name': 'crawl', outcome: 'complete' }],
        )
      })(),
    ))

test.run()

import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Settlement } from './settlement.js'

const scope = '@crawl-ledger/service-bus'

/** The message's trace, as W3C asks for it, or as the older senders of Azure wrote it. */
const carrierOf = ({ applicationProperties = {} }: ServiceBusReceivedMessage): Record<string, unknown> =>
  applicationProperties.traceparent === undefined && applicationProperties['Diagnostic-Id'] !== undefined
    ? { ...applicationProperties, traceparent: applicationProperties['Diagnostic-Id'] }
    : applicationProperties

/** Works on a message within a span that goes on with the message's trace. */
export const processing = (
  entity: string,
  message: ServiceBusReceivedMessage,
  work: () => Promise<Settlement>,
): Promise<Settlement> =>
  trace.getTracer(scope).startActiveSpan(
    `process ${entity}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        'messaging.system': 'servicebus',
        'messaging.operation.type': 'process',
        'messaging.destination.name': entity,
        'messaging.servicebus.message.delivery_count': message.deliveryCount ?? 0,
        ...(message.messageId === undefined ? {} : { 'messaging.message.id': String(message.messageId) }),
      },
    },
    propagation.extract(context.active(), carrierOf(message)),
    async span => {
      try {
        const settlement = await work()
        span.setAttribute('messaging.servicebus.disposition_status', settlement.tag)
        if (settlement.tag === 'abandon') {
          span.setStatus({ code: SpanStatusCode.ERROR })
          span.setAttribute('error.type', 'abandoned')
        }
        return settlement
      } finally {
        span.end()
      }
    },
  )

/** Counts messages by what became of them. To be made when a consumer or publisher starts: an SDK is registered by then. */
export const messageCounter = (entity: string): ((outcome: string, count?: number) => void) => {
  const counter = metrics.getMeter(scope).createCounter('crawl_ledger.service_bus.messages', {
    description: 'Messages by what became of them: complete, dead-letter, abandon, lost or published.',
    unit: '{message}',
  })
  return (outcome, count = 1) => counter.add(count, { 'messaging.destination.name': entity, outcome })
}

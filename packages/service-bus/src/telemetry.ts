import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import {
  context,
  INVALID_TRACEID,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { Settlement } from './settlement.js'

const scope = '@crawl-ledger/service-bus'

/** The message's trace, as W3C asks for it, or as the older senders of Azure wrote it. */
const carrierOf = ({ applicationProperties = {} }: ServiceBusReceivedMessage): Record<string, unknown> =>
  applicationProperties.traceparent === undefined && applicationProperties['Diagnostic-Id'] !== undefined
    ? { ...applicationProperties, traceparent: applicationProperties['Diagnostic-Id'] }
    : applicationProperties

const concluding = async (span: Span, work: () => Promise<Settlement>): Promise<Settlement> => {
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
}

/** Works on a message within a span that goes on with the message's trace. To be made when a consumer starts. */
export const processing = (entity: string) => {
  const tracer = trace.getTracer(scope)
  const name = `process ${entity}`
  return (message: ServiceBusReceivedMessage, work: () => Promise<Settlement>): Promise<Settlement> => {
    const attributes = {
      'messaging.system': 'servicebus',
      'messaging.operation.type': 'process',
      'messaging.destination.name': entity,
      'messaging.servicebus.message.delivery_count': message.deliveryCount ?? 0,
      ...(message.messageId === undefined ? {} : { 'messaging.message.id': String(message.messageId) }),
    }
    const from = propagation.extract(context.active(), carrierOf(message))
    const span = tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes }, from)
    // Nobody traces: then not even a promise is made for it.
    if (span.spanContext().traceId === INVALID_TRACEID) return work()
    return context.with(trace.setSpan(from, span), () => concluding(span, work))
  }
}

/** Counts messages by what became of them. To be made when a consumer or publisher starts: an SDK is registered by then. */
export const messageCounter = (entity: string): ((outcome: string, count?: number) => void) => {
  const counter = metrics.getMeter(scope).createCounter('crawl_ledger.service_bus.messages', {
    description: 'Messages by what became of them: complete, dead-letter, abandon, lost or published.',
    unit: '{message}',
  })
  return (outcome, count = 1) => counter.add(count, { 'messaging.destination.name': entity, outcome })
}

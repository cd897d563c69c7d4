import { type Envelope, streamOf } from '@crawl-ledger/domain'
import {
  carried,
  errorType,
  inSpan,
  meter,
  type Receipt,
  secondsBounds,
  type TraceContext,
} from '@crawl-ledger/log'
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'

/** To be told which message it is, as soon as that is known; answers what the message takes along. */
export type Recognised = (envelope: Envelope) => TraceContext

/** Handles a message under observation. */
export type Handling = (work: (recognised: Recognised) => Promise<Receipt>) => Promise<Receipt>

/** The type of what could not be decoded: whatever it calls itself, it must not become a name of a series. */
const unknownType = '_OTHER'

const describe = (span: Span, { id, body }: Envelope): void => {
  if (!span.isRecording()) return
  span.setAttributes({
    'crawl_ledger.message.id': id,
    'crawl_ledger.message.type': body.type,
    'crawl_ledger.location.id': body.locationId,
    ...(body.batchId === undefined ? {} : { 'crawl_ledger.workflow.id': streamOf(body) }),
  })
}

const conclude = (span: Span, receipt: Receipt): void => {
  if (!span.isRecording()) return
  span.setAttribute('crawl_ledger.outcome', receipt.outcome)
  if ('position' in receipt) span.setAttribute('crawl_ledger.position', receipt.position)
  if (receipt.outcome === 'rejected') span.setAttribute('crawl_ledger.rejection.code', receipt.rejection.code)
  if (receipt.outcome !== 'unavailable') return
  span.setAttribute('error.type', receipt.reason ?? receipt.outcome)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** Handling with a span, a count and a duration for each message. Without an SDK it does nothing more than the work. */
export const observedHandling = (): Handling => {
  const messages = meter().createCounter('crawl_ledger.messages', {
    description: 'Messages that were handled, by their receipt.',
    unit: '{message}',
  })
  const duration = meter().createHistogram('crawl_ledger.handle.duration', {
    description: 'How long a message took to its receipt.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...secondsBounds] },
  })
  const count = (type: string, start: number, result: Attributes): void => {
    const attributes = { 'crawl_ledger.message.type': type, ...result }
    messages.add(1, attributes)
    duration.record((performance.now() - start) / 1000, attributes)
  }
  return work =>
    inSpan('crawl-ledger.handle', {}, async (span, within) => {
      const start = performance.now()
      let type: string = unknownType
      try {
        const receipt = await work(envelope => {
          type = envelope.body.type
          describe(span, envelope)
          return carried(within)
        })
        conclude(span, receipt)
        count(type, start, { 'crawl_ledger.outcome': receipt.outcome })
        return receipt
      } catch (error) {
        count(type, start, { 'error.type': errorType(error) })
        throw error
      }
    })
}

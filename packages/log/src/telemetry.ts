import {
  type Context,
  context,
  INVALID_TRACEID,
  type Link,
  type Meter,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** Where a message comes from, as W3C Trace Context writes it. Empty where nobody traces. */
export interface TraceContext {
  readonly traceparent?: string
  readonly tracestate?: string
}

const scope = 'crawl-ledger'

/** Asked for at each use, since an SDK may be registered after a package was loaded. Without one it does nothing. */
export const tracer = (): Tracer => trace.getTracer(scope)

/** Its instruments stay with the SDK that was registered when they were made. */
export const meter = (): Meter => metrics.getMeter(scope)

/** Bounds for histograms in seconds: the SDK's own are for milliseconds. */
export const secondsBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** What `error.type` says: never a text, for a text has many forms. */
export const errorType = (error: unknown): string => (error instanceof Error ? error.name : '_OTHER')

export const failed = (span: Span, error: unknown): void => {
  if (error instanceof Error) span.recordException(error)
  span.setAttribute('error.type', errorType(error))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** What is thrown is the span's error. */
const ending = async <A>(span: Span, work: () => Promise<A>): Promise<A> => {
  try {
    return await work()
  } catch (error) {
    failed(span, error)
    throw error
  } finally {
    span.end()
  }
}

/** Does something within a span, which is given the context that it makes. */
export const inSpan = <A>(
  name: string,
  options: SpanOptions,
  work: (span: Span, within: Context) => Promise<A>,
  parent = context.active(),
): Promise<A> => {
  const span = tracer().startSpan(name, options, parent)
  // Nobody traces: then not even a promise is made for it.
  if (span.spanContext().traceId === INVALID_TRACEID) return work(span, parent)
  const within = trace.setSpan(parent, span)
  return context.with(within, () => ending(span, () => work(span, within)))
}

/** Does something that is of no trace, since it is done for many or for nobody in particular. */
export const untraced = <A>(work: () => A): A => context.with(ROOT_CONTEXT, work)

const none: TraceContext = {}

/** What a message takes along of a context. Baggage is left out: a log keeps for ever what others may have put there. */
export const carried = (within: Context): TraceContext => {
  if (trace.getSpanContext(within) === undefined) return none
  const carrier: { traceparent?: string; tracestate?: string } = {}
  propagation.inject(within, carrier)
  const { traceparent, tracestate } = carrier
  if (traceparent === undefined) return none
  return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate }
}

/** The context that a message took along. */
export const remote = ({ traceparent, tracestate }: TraceContext): Context =>
  propagation.extract(ROOT_CONTEXT, { traceparent, tracestate })

/** How many links an SDK keeps for a span, by default. */
const mostLinks = 128

/** Links to the spans that messages come from. */
export const linksTo = (messages: Iterable<TraceContext>): readonly Link[] => {
  const links: Link[] = []
  for (const message of messages) {
    if (links.length === mostLinks) break
    const from: SpanContext | undefined =
      message.traceparent === undefined ? undefined : trace.getSpanContext(remote(message))
    if (from !== undefined) links.push({ context: from })
  }
  return links
}

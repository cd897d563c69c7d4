import { type Commit, type CommitMessage, failed, remote, tracer } from '@crawl-ledger/log'
import { SpanKind, trace } from '@opentelemetry/api'
import type { FoldFailure } from './fold.js'

const failureOf = (commit: Commit, failures: readonly FoldFailure[]): FoldFailure | undefined =>
  failures.find(({ partition, position }) => partition === commit.partition && position === commit.position)

/**
 * Tells the traces of messages that their commits are in the views: a span for each message that came with a trace.
 *
 * @param failures what could not be folded and is held; its span is an error
 * @param tookMs since the commits were read
 */
export const tellTraces = (
  projection: string,
  commits: readonly Commit[],
  failures: readonly FoldFailure[],
  tookMs: number,
): void => {
  const end = Date.now()
  for (const commit of commits)
    for (const message of commit.messages)
      if (message.traceparent !== undefined)
        tell(projection, commit, message, failureOf(commit, failures)?.error, { start: end - tookMs, end })
}

const tell = (
  projection: string,
  { partition, position, stream }: Commit,
  message: CommitMessage,
  error: Error | undefined,
  { start, end }: { readonly start: number; readonly end: number },
): void => {
  const from = remote(message)
  // Where nobody traces here nothing can be read of it.
  if (trace.getSpanContext(from) === undefined) return
  const attributes = {
    'crawl_ledger.projection': projection,
    'crawl_ledger.partition': partition,
    'crawl_ledger.position': position,
    'crawl_ledger.stream': stream,
    'crawl_ledger.message.id': message.id,
  }
  const options = { kind: SpanKind.CONSUMER, startTime: start, attributes }
  const span = tracer().startSpan('crawl-ledger.project', options, from)
  if (error !== undefined) failed(span, error)
  span.end(end)
}

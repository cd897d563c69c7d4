import { type Attributes, ROOT_CONTEXT } from '@opentelemetry/api'
import type { Draft } from './commit.js'
import type { Log } from './ports.js'
import { errorType, inSpan, linksTo, meter, remote, secondsBounds } from './telemetry.js'

export type Append = Log['append']

/**
 * A log's append, with a span and two measurements for each call. A flight carries messages of many traces, so its span
 * links to them and is a trace of its own; with one message it is that message's child.
 */
export const observedAppend = (log: Log): Append => {
  const duration = meter().createHistogram('crawl_ledger.append.duration', {
    description: 'How long the store took to append the commits of a flight.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...secondsBounds] },
  })
  const size = meter().createHistogram('crawl_ledger.append.commits', {
    description: 'How many commits a flight had.',
    unit: '{commit}',
    advice: { explicitBucketBoundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] },
  })
  const timed: Append = async drafts => {
    const start = performance.now()
    const ended = (attributes: Attributes): void =>
      duration.record((performance.now() - start) / 1000, attributes)
    size.record(drafts.length)
    try {
      const landings = await log.append(drafts)
      ended({})
      return landings
    } catch (error) {
      ended({ 'error.type': errorType(error) })
      throw error
    }
  }
  return drafts => {
    if (drafts.length === 0) return log.append(drafts)
    const messages = messagesOf(drafts)
    const [only] = messages
    return inSpan(
      'crawl-ledger.append',
      {
        attributes: { 'crawl_ledger.commits': drafts.length, 'crawl_ledger.messages': messages.length },
        links: [...linksTo(messages)],
      },
      () => timed(drafts),
      only?.traceparent === undefined || messages.length > 1 ? ROOT_CONTEXT : remote(only),
    )
  }
}

const messagesOf = (drafts: readonly Draft[]) => drafts.flatMap(({ messages }) => messages)

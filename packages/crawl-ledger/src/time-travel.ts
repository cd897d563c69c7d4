import {
  batchOf,
  crawl,
  folded,
  locationOf,
  type StreamId,
  type ViewDocument,
  type WorkflowDocument,
} from '@crawl-ledger/domain'
import { type Commit, type Log, partitionOf, readEvent } from '@crawl-ledger/log'
import { ConfigurationError } from './errors.js'
import type { Ledger, RecordedEvent } from './ledger.js'

const commitsOf = (log: Log, stream: StreamId): Promise<readonly Commit[]> =>
  log.readStreams([{ partition: partitionOf(locationOf(stream), log.partitions), stream, version: 0 }])

/** A commit's events, each with its place. @throws EventTooNew or UnknownEvent */
export const recordedEvents = (commit: Commit): readonly RecordedEvent[] => {
  const { stream, partition, position, version, at, server, messages } = commit
  return commit.events.map(event => ({
    stream,
    partition,
    position,
    version,
    recordedAt: at,
    server,
    messageId: messages[event.message]?.id ?? '',
    event: readEvent(event),
  }))
}

export const makeHistory = (log: Log): Ledger['history'] =>
  async function* (stream) {
    for (const commit of await commitsOf(log, stream)) yield* recordedEvents(commit)
  }

const foldedWorkflow = (before: ViewDocument | undefined, commit: Commit): ViewDocument | undefined => {
  const { stream, position, version, at } = commit
  const place = { stream, position, version, recordedAt: at }
  const route = { view: 'workflows', id: stream } as const
  return commit.events
    .map(readEvent)
    .reduce<ViewDocument | undefined>(
      (document, event) => folded(crawl, route, document, event, place),
      before,
    )
}

/** Which commits count: those up to a position, or those that the store took up to a time. */
const until = (at: Parameters<Ledger['stateAt']>[1]): ((commit: Commit) => boolean) => {
  if ('position' in at) return commit => commit.position <= at.position
  const time = new Date(at.time).getTime()
  if (Number.isNaN(time))
    throw new ConfigurationError('time', `it must be an ISO 8601 time, and not "${at.time}".`)
  return commit => new Date(commit.at).getTime() <= time
}

export const makeStateAt =
  (log: Log): Ledger['stateAt'] =>
  async (workflowId, at) => {
    const commits = (await commitsOf(log, workflowId)).filter(until(at))
    if (batchOf(workflowId) === undefined) return undefined
    return commits.reduce(foldedWorkflow, undefined) as WorkflowDocument | undefined
  }

import {
  keyOf,
  locationOf,
  type StreamId,
  type ViewDocument,
  type WorkflowDocument,
  workflowStream,
} from '@crawl-ledger/domain'
import { type Commit, type Log, partitionOf, readEvents } from '@crawl-ledger/log'
import { withCommit } from './current-workflow.js'
import { ConfigurationError } from './errors.js'
import type { Ledger, RecordedEvent } from './ledger.js'

/** The commits of a stream, or of what 0.1, which escaped nothing, called the same ids. */
const commitsOf = async (log: Log, locationId: string, batchId?: string): Promise<readonly Commit[]> => {
  const read = (stream: StreamId, location: string) =>
    log.readStreams([{ partition: partitionOf(location, log.partitions), stream, version: 0 }])
  const stream = batchId === undefined ? keyOf(locationId) : workflowStream(locationId, batchId)
  const inV1 = batchId === undefined ? locationId : `${locationId}/${batchId}`
  const commits = await read(stream, locationId)
  if (commits.length > 0 || inV1 === stream) return commits
  const old = await read(inV1, locationId)
  // Imported into another number of partitions it went where its name is read now.
  return old.length > 0 ? old : read(inV1, locationOf(inV1))
}

/** A commit's events, each with its place. @throws EventTooNew or UnknownEvent */
export const recordedEvents = (commit: Commit): readonly RecordedEvent[] => {
  const { stream, partition, position, version, at, server, messages } = commit
  return commit.events.flatMap(stored =>
    readEvents(stored).map(event => ({
      stream,
      partition,
      position,
      version,
      recordedAt: at,
      server,
      messageId: messages[stored.message]?.id ?? '',
      event,
    })),
  )
}

export const makeHistory = (log: Log): Ledger['history'] =>
  async function* ({ locationId, batchId }) {
    for (const commit of await commitsOf(log, locationId, batchId)) yield* recordedEvents(commit)
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
  async ({ locationId, batchId }, at) => {
    const commits = (await commitsOf(log, locationId, batchId)).filter(until(at))
    return commits.reduce(withCommit, undefined as ViewDocument | undefined) as WorkflowDocument | undefined
  }

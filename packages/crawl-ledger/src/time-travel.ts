import {
  keyOf,
  locationOf,
  type StreamId,
  type ViewDocument,
  type WorkflowDocument,
  workflowStream,
} from '@crawl-ledger/domain'
import {
  type Commit,
  type Found,
  isReadable,
  type Log,
  partitionOf,
  readEvents,
  reading,
} from '@crawl-ledger/log'
import { withCommit } from './current-workflow.js'
import { ConfigurationError } from './errors.js'
import type { Ledger, RecordedEvent } from './ledger.js'

/** The commits of a stream, or of what 0.1, which escaped nothing, called the same ids. */
const commitsOf = async (log: Log, locationId: string, batchId?: string): Promise<readonly Found[]> => {
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

/** A commit's events, each with its place. @throws CommitUnreadable */
export const recordedEvents = (found: Found): readonly RecordedEvent[] =>
  reading(found, ({ stream, partition, position, version, at, server, messages, events }) =>
    events.flatMap(stored =>
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
    ),
  )

export const makeHistory = (log: Log): Ledger['history'] =>
  async function* ({ locationId, batchId }) {
    for (const commit of await commitsOf(log, locationId, batchId)) yield* recordedEvents(commit)
  }

/** Which commits are beyond a position, or were taken by the store after a time. */
const beyond = (at: Parameters<Ledger['stateAt']>[1]): ((commit: Commit) => boolean) => {
  if ('position' in at) return commit => commit.position > at.position
  const time = new Date(at.time).getTime()
  if (Number.isNaN(time))
    throw new ConfigurationError('time', `it must be an ISO 8601 time, and not "${at.time}".`)
  return commit => new Date(commit.at).getTime() > time
}

export const makeStateAt =
  (log: Log): Ledger['stateAt'] =>
  async ({ locationId, batchId }, at) => {
    const isBeyond = beyond(at)
    const commits = await commitsOf(log, locationId, batchId)
    // What is unreadable may tell no time, so it counts unless something before it is beyond, or its position says so.
    const end = commits.findIndex(one =>
      isReadable(one) ? isBeyond(one) : 'position' in at && one.position > at.position,
    )
    return (end < 0 ? commits : commits.slice(0, end)).reduce(
      withCommit,
      undefined as ViewDocument | undefined,
    ) as WorkflowDocument | undefined
  }

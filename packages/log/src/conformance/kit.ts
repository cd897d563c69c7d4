import assert from 'node:assert/strict'
import {
  type CrawlMessage,
  commandEnvelope,
  currentVersion,
  decodeMessage,
  handlerOf,
  type Json,
  locationOf,
  workflowStream,
} from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import type { Commit, Draft } from '../commit.js'
import { partitionOf } from '../partition.js'
import type { Incoming } from '../plan.js'
import type { KnownMessage, Landing, Log } from '../ports.js'
import type { Receipt } from '../receipt.js'
import type { Writer } from '../writer.js'

/** How many partitions the ledgers of the suite have. */
export const partitions = 4

const receivedAt = '2024-05-01T12:00:00.000Z'

/** A message as a crawler sends it; `locationId` and `batchId` name its workflow. */
export type Raw = {
  readonly type: CrawlMessage['type']
  readonly locationId: string
  readonly batchId: string
}

/** A workflow's two names. */
export type Workflow = Pick<Raw, 'locationId' | 'batchId'>

/** The n-th location of a partition, with one of its batches. */
export const workflowIn = (partition: number, n = 0, batchId = 'batch'): Workflow => {
  let left = n
  for (let i = 0; ; i += 1) {
    const locationId = `place-${i}`
    if (partitionOf(locationId, partitions) !== partition) continue
    if (left === 0) return { locationId, batchId }
    left -= 1
  }
}

export const streamOf = ({ locationId, batchId }: Workflow): string => workflowStream(locationId, batchId)

const at = '2024-05-01T11:00:00.000Z'

const contextOf = (workflow: Workflow, metadata: { [key: string]: Json } = {}) => ({
  ...workflow,
  stage: 'crawl-media',
  timestamp: at,
  completedStages: [],
  metadata,
})

/** Always says something new. */
export const mishap = (workflow: Workflow, id: string, further: { [key: string]: Json } = {}) =>
  ({
    ...workflow,
    type: 'error',
    id,
    context: contextOf(workflow),
    payload: { error: id, fatal: false, further },
  }) as const

/** A failure of the batch: its stage can be retried. */
export const failure = (workflow: Workflow, id: string) =>
  ({ ...workflow, type: 'error', id, context: contextOf(workflow), payload: { error: id } }) as const

/** Says something new when the workflow was not said to be complete since it was last retried. */
export const completion = (workflow: Workflow, id: string) =>
  ({ ...workflow, type: 'workflow_complete', id, context: contextOf(workflow) }) as const

/** Says something new when it is more than was reported: of two values told at one time the larger text stays. */
export const progress = (workflow: Workflow, percent: number, id?: string) =>
  ({
    ...workflow,
    type: 'workflow_progress',
    context: contextOf(workflow, { percent: String(percent).padStart(6, '0') }),
    ...(id === undefined ? {} : { id }),
  }) as const

/** Says something new when the item was not found yet. */
export const found = (workflow: Workflow, itemId: string, id?: string) =>
  ({
    ...workflow,
    type: 'item_found',
    context: contextOf(workflow),
    payload: { itemId },
    ...(id === undefined ? {} : { id }),
  }) as const

export const incoming = (raw: Raw): Incoming => {
  const envelope = decodeMessage(raw, receivedAt)
  assert(E.isRight(envelope), `the test's own message is invalid: ${JSON.stringify(envelope)}`)
  return { envelope: envelope.right, handler: handlerOf[raw.type] }
}

/** A command, which a service gives an id of its own. */
export const asking = (workflow: Workflow, id: string, type: 'resume' | 'retry' = 'resume'): Incoming => ({
  envelope: commandEnvelope({ ...workflow, type, server: 'conformance' }, id, receivedAt),
  handler: type,
})

/** Gives messages to a writer all at once. */
export const sendAll = (writer: Writer, raws: readonly Raw[]): Promise<readonly Receipt[]> =>
  Promise.all(raws.map(raw => writer.write(streamOf(raw), incoming(raw))))

/** A draft after a stream's last commit, with one event for each message id. */
export const draftOf = (
  workflow: Workflow,
  ids: readonly string[],
  previous?: Commit,
  further: { [key: string]: Json } = {},
): Draft => {
  const sent = ids.map(id => incoming(mishap(workflow, id)))
  return {
    partition: partitionOf(locationOf(streamOf(workflow)), partitions),
    stream: streamOf(workflow),
    version: (previous?.version ?? 0) + 1,
    prev: previous?.hash ?? '',
    after: previous?.position ?? 0,
    notBefore: previous?.at ?? '',
    server: 'conformance',
    messages: sent.map(({ envelope: { id, digest, receivedAt: at }, handler }) => ({
      id,
      handler,
      at,
      digest,
    })),
    events: ids.map((id, message) => ({
      type: 'ErrorRecorded',
      v: currentVersion('ErrorRecorded'),
      at,
      message,
      data: { error: id, fatal: false, fails: true, more: further, stage: 'crawl-media' },
    })),
  }
}

/** Appends one draft that must land. */
export const appended = async (log: Log, draft: Draft): Promise<Commit> => {
  const [landing] = await log.append([draft])
  return commitOf(landing)
}

export const commitOf = (landing: Landing | undefined): Commit => {
  assert(landing?.tag === 'landed', `expected a commit that landed, got ${JSON.stringify(landing)}`)
  return landing.commit
}

export const positionOf = (receipt: Receipt | undefined): number => {
  assert(
    receipt !== undefined && 'position' in receipt,
    `expected a position, got ${JSON.stringify(receipt)}`,
  )
  return receipt.position
}

/** What a log knows of messages of a workflow. */
export const known = (
  log: Log,
  workflow: Workflow,
  ids: readonly string[],
): Promise<readonly KnownMessage[]> =>
  log.findMessages(partitionOf(workflow.locationId, partitions), streamOf(workflow), ids)

/** The position of the only commit of a workflow that holds a message. */
export const whereIs = async (log: Log, workflow: Workflow, id: string) => {
  const found = await known(log, workflow, [id])
  assert.equal(found.length, 1, `message ${id} of ${streamOf(workflow)} is known ${found.length} times`)
  return found[0]?.position
}

/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

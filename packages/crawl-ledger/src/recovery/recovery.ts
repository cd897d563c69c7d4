import { batchOf, locationOf, type StreamId } from '@crawl-ledger/domain'
import { type Log, partitionOf, type ViewStore } from '@crawl-ledger/log'
import { activeWorkflows } from '../active-workflows.js'
import type { Asking } from '../asking.js'
import { ConfigurationError } from '../errors.js'
import { contextOf, type FailedStage, type WorkflowContext } from './context.js'

/** A workflow that runs and was not heard of for a while. */
export interface Interrupted {
  /** `LOCATION/BATCH` */
  readonly workflowId: StreamId
  /** What `resume` expects. */
  readonly version: number
  readonly progress: number
  /** For how long nothing was heard of it, by the store's clock, in milliseconds. */
  readonly idleMs: number
}

/** A stage that is open again, with the failure that it had. */
export interface RetriedStage extends FailedStage {
  /** undefined for a stage of the workflow as a whole. */
  readonly mediaId?: string
  /** Which attempt comes now. */
  readonly nextAttempt: number
}

export interface Recovery {
  /**
   * Workflows that run and that nothing was told of for `idleForMs` milliseconds (0 or more), from the views, in the order
   * of their keys: at most `limit` (default 100) after the key `after`. Rejects with a `StoreError`.
   */
  findInterrupted(options: {
    readonly idleForMs: number
    readonly limit?: number
    readonly after?: string
  }): Promise<readonly Interrupted[]>
  /**
   * Takes a workflow over, and answers with all that is known of it. undefined: it has gone on since that version, as
   * when another service has taken it, or it is over. Rejects with a `StoreError`.
   */
  resume(workflowId: StreamId, options: { readonly version: number }): Promise<WorkflowContext | undefined>
  /** Takes over what is interrupted, one workflow each time the next one is asked for: services that do so share them. */
  resumeAll(options: { readonly idleForMs: number }): AsyncIterable<WorkflowContext>
  /**
   * Makes the stages that have failed open again, all or those named, and a workflow that was over active. Answers with
   * the failures; where another service was first, with none. Rejects with a `StoreError`.
   */
  retryFailedStages(
    workflowId: StreamId,
    options?: { readonly stages?: readonly string[] },
  ): Promise<readonly RetriedStage[]>
}

const workflowOf = (workflowId: StreamId): { locationId: string; batchId: string } => {
  const batchId = batchOf(workflowId)
  if (batchId === undefined || batchId === '' || workflowId.startsWith('/'))
    throw new ConfigurationError('workflowId', `it must be LOCATION/BATCH, and not "${workflowId}".`)
  return { locationId: locationOf(workflowId), batchId }
}

export interface RecoveryParts {
  readonly log: Log
  readonly views: ViewStore
  readonly asking: Asking
  readonly server: string
}

export const makeRecovery = ({ log, views, asking, server }: RecoveryParts): Recovery => {
  /** As it was after the commit at a position. */
  const context = async (workflowId: StreamId, end: number): Promise<WorkflowContext | undefined> => {
    const partition = partitionOf(locationOf(workflowId), log.partitions)
    const commits = await log.readStreams([{ partition, stream: workflowId, version: 0 }])
    return contextOf(
      workflowId,
      commits.filter(({ position }) => position <= end),
    )
  }

  const findInterrupted: Recovery['findInterrupted'] = async ({ idleForMs, limit = 100, after }) => {
    if (!(idleForMs >= 0))
      throw new ConfigurationError('idleForMs', `it must be 0 or more, and not ${idleForMs}.`)
    const now = Date.parse(await log.now())
    const found: Interrupted[] = []
    for await (const { _id, version, progress, updatedAt } of activeWorkflows(views, after)) {
      const idleMs = now - Date.parse(updatedAt)
      if (idleMs >= idleForMs) found.push({ workflowId: _id, version, progress, idleMs })
      if (found.length >= limit) break
    }
    return found
  }

  const resume: Recovery['resume'] = async (workflowId, { version }) => {
    const command = { type: 'resume', ...workflowOf(workflowId), server } as const
    const { events, position } = await asking.ask({ command, at: await log.now(), expected: version })
    return events.length === 0 ? undefined : context(workflowId, position)
  }

  return {
    findInterrupted,
    resume,
    resumeAll: async function* ({ idleForMs }) {
      for (let after: string | undefined; ; ) {
        const found = await findInterrupted({ idleForMs, ...(after === undefined ? {} : { after }) })
        for (const { workflowId, version } of found) {
          const taken = await resume(workflowId, { version })
          if (taken !== undefined) yield taken
        }
        after = found.at(-1)?.workflowId
        if (after === undefined) return
      }
    },
    retryFailedStages: async (workflowId, { stages } = {}) => {
      const command = {
        type: 'retry',
        ...workflowOf(workflowId),
        server,
        ...(stages === undefined ? {} : { stages }),
      } as const
      const { events, position } = await asking.ask({ command, at: await log.now() })
      // What failed is told by the state before: afterwards it is open.
      const before = await context(workflowId, position - 1)
      return events.flatMap((event): RetriedStage[] => {
        if (event.type !== 'StageRetried') return []
        const { stage, mediaId, attempt } = event.data
        const failures =
          mediaId === undefined
            ? before?.failed
            : before?.items.find(({ media }) => media.mediaId === mediaId)?.failed
        const failure = failures?.find(one => one.stage === stage)
        return [
          {
            stage,
            attempt: failure?.attempt ?? attempt - 1,
            error: failure?.error,
            nextAttempt: attempt,
            ...(mediaId === undefined ? {} : { mediaId }),
          },
        ]
      })
    },
  }
}

import { type FailingStage, type StreamId, type WorkflowContext, workflowStream } from '@crawl-ledger/domain'
import { CommitUnreadable, type Log, partitionOf, type ViewStore } from '@crawl-ledger/log'
import { activeWorkflows } from '../active-workflows.js'
import type { Asking } from '../asking.js'
import { ConfigurationError } from '../errors.js'
import type { WorkflowRef } from '../ledger.js'
import { type RecoveredWorkflow, recoveredFrom } from './recovered.js'

/** A workflow that runs and was not heard of for a while. */
export interface Interrupted extends WorkflowRef {
  /** What `after` takes to go on behind it. */
  readonly key: StreamId
  /** What `resume` expects. */
  readonly version: number
  readonly progress: number
  /** For how long nothing was heard of it, by the store's clock, in milliseconds. */
  readonly idleMs: number
}

/** A stage that is open again, with the failure that it had. */
export interface RetriedStage extends FailingStage {
  /** undefined for a stage of the batch. */
  readonly itemId?: string
  /** The context to go on with: the item's, or the batch's. */
  readonly context: WorkflowContext
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
  resume(workflow: WorkflowRef, options: { readonly version: number }): Promise<RecoveredWorkflow | undefined>
  /**
   * Takes over what is interrupted, one workflow each time the next one is asked for: services that do so share them.
   * One that cannot be read costs no other: it ends with the first `CommitUnreadable` after all others were given.
   */
  resumeAll(options: { readonly idleForMs: number }): AsyncIterable<RecoveredWorkflow>
  /**
   * Makes the stages that have failed open again, all or those named, and a workflow that was over active. Answers with
   * the failures; where another service was first, with none. Rejects with a `StoreError`.
   */
  retryFailedStages(
    workflow: WorkflowRef,
    options?: { readonly stages?: readonly string[] },
  ): Promise<readonly RetriedStage[]>
}

export interface RecoveryParts {
  readonly log: Log
  readonly views: ViewStore
  readonly asking: Asking
  readonly server: string
}

export const makeRecovery = ({ log, views, asking, server }: RecoveryParts): Recovery => {
  /** The workflow as it was after the commit at each position that is asked for. */
  const read = async ({
    locationId,
    batchId,
  }: WorkflowRef): Promise<(end: number) => RecoveredWorkflow | undefined> => {
    const partition = partitionOf(locationId, log.partitions)
    const stream = workflowStream(locationId, batchId)
    const commits = await log.readStreams([{ partition, stream, version: 0 }])
    return end =>
      recoveredFrom(
        stream,
        commits.filter(({ position }) => position <= end),
      )
  }

  const findInterrupted: Recovery['findInterrupted'] = async ({ idleForMs, limit = 100, after }) => {
    if (!(idleForMs >= 0))
      throw new ConfigurationError('idleForMs', `it must be 0 or more, and not ${idleForMs}.`)
    const now = Date.parse(await log.now())
    const found: Interrupted[] = []
    for await (const workflow of activeWorkflows(views, after)) {
      const { _id: key, locationId, batchId, version, progress, recordedAt } = workflow
      const idleMs = now - Date.parse(recordedAt)
      if (idleMs >= idleForMs) found.push({ key, locationId, batchId, version, progress, idleMs })
      if (found.length >= limit) break
    }
    return found
  }

  const resume: Recovery['resume'] = async ({ locationId, batchId }, { version }) => {
    const command = { type: 'resume', locationId, batchId, server } as const
    const { events, position } = await asking.ask({ command, at: await log.now(), expected: version })
    return events.length === 0 ? undefined : (await read({ locationId, batchId }))(position)
  }

  return {
    findInterrupted,
    resume,
    resumeAll: async function* ({ idleForMs }) {
      let unreadable: CommitUnreadable | undefined
      for (let after: string | undefined; ; ) {
        const found = await findInterrupted({ idleForMs, ...(after === undefined ? {} : { after }) })
        for (const { version, ...workflow } of found) {
          const taken = await resume(workflow, { version }).catch((error: unknown) => {
            if (!(error instanceof CommitUnreadable)) throw error
            unreadable ??= error
          })
          if (taken !== undefined) yield taken
        }
        after = found.at(-1)?.key
        if (after === undefined) break
      }
      if (unreadable !== undefined) throw unreadable
    },
    retryFailedStages: async ({ locationId, batchId }, { stages } = {}) => {
      const asked = stages === undefined ? {} : { stages }
      const command = { type: 'retry', locationId, batchId, server, ...asked } as const
      const { events, position } = await asking.ask({ command, at: await log.now() })
      if (events.length === 0) return []
      // What failed is told by the state before: afterwards it is open.
      const recovered = await read({ locationId, batchId })
      const [before, after] = [recovered(position - 1), recovered(position)]
      return events.flatMap((event): RetriedStage[] => {
        if (event.type !== 'StageRetried' || before === undefined || after === undefined) return []
        const { stage, itemId, attempt } = event.data
        const isIt = (one: { readonly item: { readonly itemId: string } }): boolean =>
          one.item.itemId === itemId
        const failed = itemId === undefined ? before.failed : before.items.find(isIt)?.failed
        const failure = failed?.find(one => one.stage === stage)
        const context = itemId === undefined ? after.context : after.items.find(isIt)?.context
        if (context === undefined) return []
        return [
          {
            stage,
            attempt: failure?.attempt ?? attempt - 1,
            error: failure?.error,
            nextAttempt: attempt,
            context,
            ...(itemId === undefined ? {} : { itemId }),
          },
        ]
      })
    },
  }
}

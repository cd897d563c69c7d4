import {
  crawl,
  crawlWhole,
  evolve,
  type FailingStage,
  failingIn,
  folded,
  initialState,
  keyOf,
  type MediaDocument,
  type StreamId,
  type ViewDocument,
  type WorkflowContext,
  type WorkflowDocument,
  type WorkflowState,
} from '@crawl-ledger/domain'
import { eventsOf, type Found, readable } from '@crawl-ledger/log'
import { contextOf, itemContextOf } from '../item-context.js'

/** One item, with the context to go on with. */
export interface RecoveredItem {
  readonly item: MediaDocument
  readonly context: WorkflowContext
  readonly failed: readonly FailingStage[]
}

/** All that is known of a workflow, to go on with it. */
export interface RecoveredWorkflow {
  readonly workflow: WorkflowDocument
  /** The batch's context. */
  readonly context: WorkflowContext
  /** Failures of the batch. */
  readonly failed: readonly FailingStage[]
  /** In the order in which they were found. */
  readonly items: readonly RecoveredItem[]
}

/** Folds the commits of one workflow; undefined where there are none. @throws CommitUnreadable */
export const recoveredFrom = (stream: StreamId, found: readonly Found[]): RecoveredWorkflow | undefined => {
  let state: WorkflowState = initialState
  const documents = new Map<string, ViewDocument>()
  for (const commit of readable(found))
    for (const event of eventsOf(commit)) {
      state = evolve(state, event)
      for (const route of crawl.routes(event, stream)) {
        if (route.view === 'locations') continue
        const { position, version, at } = commit
        const place = { stream, position, version, recordedAt: at }
        documents.set(route.id, folded(crawlWhole, route, documents.get(route.id), event, place))
      }
    }
  const workflow = documents.get(stream) as WorkflowDocument | undefined
  if (workflow === undefined) return undefined
  const items = [...state.items.keys()].flatMap((itemId): RecoveredItem[] => {
    const item = documents.get(`${stream}/${keyOf(itemId)}`) as MediaDocument | undefined
    if (item === undefined) return []
    return [{ item, context: itemContextOf(workflow, item), failed: failingIn(state, itemId) }]
  })
  return { workflow, context: contextOf(workflow), failed: failingIn(state, undefined), items }
}

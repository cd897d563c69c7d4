import {
  crawl,
  type EventData,
  evolve,
  folded,
  initialState,
  type MediaDocument,
  type StreamId,
  stageKey,
  type ViewDocument,
  type WorkflowDocument,
} from '@crawl-ledger/domain'
import { type Commit, readEvent } from '@crawl-ledger/log'

/** The error that a stage failed with last, as it was reported: with `context`, `stack` and whatever else was said. */
export type ReportedError = EventData['ErrorRecorded'] & { readonly at: string }

export interface FailedStage {
  readonly stage: string
  /** How often it has failed. */
  readonly attempt: number
  readonly error: ReportedError | undefined
}

/** One media item, and where each of its stages is. */
export interface ItemContext {
  readonly media: MediaDocument
  readonly done: readonly string[]
  readonly failed: readonly FailedStage[]
  /** Neither done nor failed: of the stages that the new batch listed, or else of those that were heard of. */
  readonly open: readonly string[]
}

/** All that is known of a workflow, to go on with it. */
export interface WorkflowContext {
  readonly workflow: WorkflowDocument
  readonly items: readonly ItemContext[]
  /** Stages of the workflow as a whole. */
  readonly failed: readonly FailedStage[]
  readonly open: readonly string[]
  readonly done: readonly string[]
}

const known = (stages: unknown): readonly string[] => (Array.isArray(stages) ? (stages as string[]) : [])

/** Folds the commits of one workflow; undefined where there are none. */
export const contextOf = (stream: StreamId, commits: readonly Commit[]): WorkflowContext | undefined => {
  let state = initialState
  const documents = new Map<string, ViewDocument>()
  const errors = new Map<string, ReportedError>()
  const attempts = new Map<string, number>()
  for (const { position, version, at, events } of commits)
    for (const stored of events) {
      const event = readEvent(stored)
      state = evolve(state, event)
      if (event.type === 'ErrorRecorded' && event.data.stage !== undefined)
        errors.set(stageKey(event.data.stage, event.data.mediaId), { ...event.data, at: event.at })
      if (event.type === 'StageFailed')
        attempts.set(stageKey(event.data.stage, event.data.mediaId), event.data.attempt)
      for (const route of crawl.routes(event, stream)) {
        if (route.view === 'locations') continue
        const place = { stream, position, version, recordedAt: at }
        documents.set(route.id, folded(crawl, route, documents.get(route.id), event, place))
      }
    }
  const workflow = documents.get(stream) as WorkflowDocument | undefined
  if (workflow === undefined) return undefined
  const listed = known(workflow.described.stages)
  const heard = new Set([...listed, ...workflow.stages.map(({ stage }) => stage)])
  const standing = (stages: Iterable<string>, mediaId?: string): Omit<ItemContext, 'media'> => {
    const all = [...stages]
    const isDone = (stage: string): boolean => state.done.has(stageKey(stage, mediaId))
    const isFailed = (stage: string): boolean => state.failed.has(stageKey(stage, mediaId))
    return {
      done: all.filter(isDone),
      failed: all.filter(isFailed).map(stage => ({
        stage,
        attempt: attempts.get(stageKey(stage, mediaId)) ?? 1,
        error: errors.get(stageKey(stage, mediaId)),
      })),
      open: all.filter(stage => !isDone(stage) && !isFailed(stage)),
    }
  }
  documents.delete(stream)
  const items = [...(documents.values() as Iterable<MediaDocument>)].map(media => {
    const stages = new Set([...listed, ...media.stages.map(({ stage }) => stage)])
    return { media, ...standing(stages, media.mediaId) }
  })
  // Of the workflow as a whole only what was heard of as such: what it lists is worked item by item.
  const whole = standing(heard)
  return { workflow, items, ...whole, open: items.length === 0 ? whole.open : [] }
}

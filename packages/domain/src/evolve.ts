import type { CrawlEvent } from './events.js'
import { GrowingSet } from './growing-set.js'
import type { Json } from './json.js'

export type WorkflowStatus = 'active' | 'completed' | 'failed'

/** Who works on a stage of an item, and until when by the store's clock, ISO. */
export interface ClaimState {
  readonly claim: string
  readonly server: string
  readonly until: string
}

/** What deciding needs to know of a workflow, and no more. */
export interface WorkflowState {
  readonly status: WorkflowStatus | 'unknown'
  /** 0 to 100; only rises, until the workflow is resumed. */
  readonly progress: number
  /** What its new batches said, by field. */
  readonly described: { readonly [field: string]: Json }
  readonly media: GrowingSet
  /** Stages done, by `stageKey`. */
  readonly done: GrowingSet
  /** Stages that failed and were not done since, by `stageKey`. */
  readonly failed: ReadonlySet<string>
  /** Every failure of a stage there ever was, by `stageKey` and attempt. */
  readonly failures: GrowingSet
  /** Claims that were not ended, expired ones too, by `stageKey`. */
  readonly claims: ReadonlyMap<string, ClaimState>
  /** Stages done of items that were not reported found yet, by item. */
  readonly early: ReadonlyMap<string, readonly string[]>
}

export const initialState: WorkflowState = {
  status: 'unknown',
  progress: 0,
  described: {},
  media: GrowingSet.empty,
  done: GrowingSet.empty,
  failed: new Set(),
  failures: GrowingSet.empty,
  claims: new Map(),
  early: new Map(),
}

/** One stage of one media item, or of the whole workflow. Names hold no `/`. */
export const stageKey = (stage: string, mediaId?: string): string => `${stage}/${mediaId ?? ''}`

const failureKey = (key: string, attempt: number): string => `${key}/${attempt}`

/** The number that the next failure of a stage has. */
export const nextAttempt = ({ failures }: WorkflowState, key: string): number => {
  let attempt = 1
  while (failures.has(failureKey(key, attempt))) attempt += 1
  return attempt
}

const without = (set: ReadonlySet<string>, element: string): ReadonlySet<string> =>
  set.has(element) ? new Set([...set].filter(e => e !== element)) : set

const lacking = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> => {
  if (!map.has(key)) return map
  const rest = new Map(map)
  rest.delete(key)
  return rest
}

const withEarly = (
  early: WorkflowState['early'],
  { stage, mediaId = '' }: { readonly stage: string; readonly mediaId?: string },
): WorkflowState['early'] => new Map(early).set(mediaId, [...(early.get(mediaId) ?? []), stage])

export const evolve = (state: WorkflowState, event: CrawlEvent): WorkflowState => {
  switch (event.type) {
    case 'WorkflowStarted':
      return { ...state, status: 'active' }
    case 'WorkflowDescribed':
    case 'LocationDescribed':
      return { ...state, described: { ...state.described, ...(event.data as { [field: string]: Json }) } }
    case 'MediaFound':
      return {
        ...state,
        media: state.media.add(event.data.item.mediaId),
        early: lacking(state.early, event.data.item.mediaId),
      }
    case 'StageCompleted': {
      const key = stageKey(event.data.stage, event.data.mediaId)
      return {
        ...state,
        done: state.done.add(key),
        failed: without(state.failed, key),
        early: event.data.wasEarly === true ? withEarly(state.early, event.data) : state.early,
      }
    }
    case 'StageFailed': {
      const { stage, mediaId, attempt } = event.data
      const key = stageKey(stage, mediaId)
      return {
        ...state,
        failed: new Set(state.failed).add(key),
        failures: state.failures.add(failureKey(key, attempt)),
      }
    }
    case 'StageClaimed': {
      const { stage, mediaId, claim, server, until } = event.data
      return {
        ...state,
        claims: new Map(state.claims).set(stageKey(stage, mediaId), { claim, server, until }),
      }
    }
    case 'StageReleased':
      return { ...state, claims: lacking(state.claims, stageKey(event.data.stage, event.data.mediaId)) }
    case 'StageRetried':
      return { ...state, failed: without(state.failed, stageKey(event.data.stage, event.data.mediaId)) }
    case 'WorkflowResumed':
      return { ...state, status: 'active', progress: 0 }
    case 'ProgressReported':
      return { ...state, progress: event.data.progress }
    case 'ErrorRecorded':
      return state
    case 'WorkflowCompleted':
      return { ...state, status: 'completed', progress: 100 }
    case 'WorkflowFailed':
      return { ...state, status: 'failed' }
  }
}

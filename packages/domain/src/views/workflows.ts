import type { CrawlEvent } from '../events.js'
import type { WorkflowStatus } from '../evolve.js'
import type { JsonObject } from '../json.js'
import { batchOf, locationOf } from '../stream.js'
import {
  countStage,
  type Place,
  type RecordedError,
  type StageCount,
  stageDone,
  stagesKept,
  type ViewDocument,
  withError,
} from './document.js'

/** One stage of the media items of a workflow. */
export interface StageWork {
  readonly stage: string
  /** Items that are found and have it behind them. */
  readonly done: number
  /** Items that failed it and were not retried. */
  readonly failing: number
  /** Items that a server works on, or worked on when it was last heard of. */
  readonly claimed: number
}

const countWork = (
  work: readonly StageWork[],
  stage: string,
  added: Partial<Omit<StageWork, 'stage'>>,
): readonly StageWork[] => {
  const old = work.find(one => one.stage === stage)
  if (old === undefined && work.length >= stagesKept) return work
  const sum: StageWork = {
    stage,
    done: (old?.done ?? 0) + (added.done ?? 0),
    failing: (old?.failing ?? 0) + (added.failing ?? 0),
    claimed: (old?.claimed ?? 0) + (added.claimed ?? 0),
  }
  return old === undefined ? [...work, sum] : work.map(one => (one === old ? sum : one))
}

/** One workflow, `LOCATION/BATCH`. */
export interface WorkflowDocument extends ViewDocument {
  readonly locationId: string
  readonly batchId: string
  readonly status: WorkflowStatus
  /** The version of its stream: what `resume` expects. */
  readonly version: number
  /** 0 to 100. */
  readonly progress: number
  readonly mediaItems: number
  /** What its new batch said of it: `queries`, `stages`, `expectedItems` and further fields. */
  readonly described: JsonObject
  readonly stages: readonly StageCount[]
  /** How far the stages of its media items are. */
  readonly work: readonly StageWork[]
  /** How often it was resumed after an interruption. */
  readonly resumes: number
  readonly errorCount: number
  /** The last 100. */
  readonly errors: readonly RecordedError[]
  readonly startedAt: string
  /** When it last was heard of, by the store's clock. */
  readonly updatedAt: string
  readonly completedAt?: string
  readonly failedAt?: string
  readonly summary?: unknown
}

type Body = Omit<WorkflowDocument, keyof ViewDocument>

const begun = (event: CrawlEvent, place: Place): Body => ({
  locationId: locationOf(place.stream),
  batchId: batchOf(place.stream) ?? '',
  status: 'active',
  version: place.version,
  progress: 0,
  mediaItems: 0,
  described: {},
  stages: [],
  work: [],
  resumes: 0,
  errorCount: 0,
  errors: [],
  startedAt: event.at,
  updatedAt: place.recordedAt,
})

const change = (body: Body, event: CrawlEvent): Partial<Body> => {
  switch (event.type) {
    case 'WorkflowDescribed':
      return { described: { ...body.described, ...(event.data as JsonObject) } }
    case 'MediaFound':
      return {
        mediaItems: body.mediaItems + 1,
        work: (event.data.doneBefore ?? []).reduce(
          (work, stage) => countWork(work, stage, { done: 1 }),
          body.work,
        ),
      }
    case 'StageCompleted':
      return {
        stages: countStage(body.stages, event.data.stage, stageDone(event.data.processing)),
        work:
          event.data.mediaId === undefined
            ? body.work
            : countWork(body.work, event.data.stage, {
                done: event.data.wasEarly === true ? 0 : 1,
                failing: event.data.wasFailed === true ? -1 : 0,
              }),
      }
    case 'StageFailed':
      return event.data.mediaId === undefined
        ? {}
        : { work: countWork(body.work, event.data.stage, { failing: 1 }) }
    case 'StageRetried':
      return event.data.mediaId === undefined
        ? {}
        : { work: countWork(body.work, event.data.stage, { failing: -1 }) }
    case 'StageClaimed':
      return event.data.renewed ? {} : { work: countWork(body.work, event.data.stage, { claimed: 1 }) }
    case 'StageReleased':
      return { work: countWork(body.work, event.data.stage, { claimed: -1 }) }
    case 'WorkflowResumed':
      return { status: 'active', resumes: body.resumes + 1 }
    case 'ProgressReported':
      return { progress: event.data.progress }
    case 'ErrorRecorded': {
      const { error, stage, mediaId, fatal } = event.data
      const listed: RecordedError = {
        at: event.at,
        message: error.message,
        ...(error.code === undefined ? {} : { code: error.code }),
        ...(stage === undefined ? {} : { stage }),
        ...(mediaId === undefined ? {} : { mediaId }),
        ...(fatal === undefined ? {} : { fatal }),
      }
      return {
        errorCount: body.errorCount + 1,
        errors: withError(body.errors, listed),
        ...(stage === undefined ? {} : { stages: countStage(body.stages, stage, { errors: 1 }) }),
      }
    }
    case 'WorkflowCompleted': {
      const { summary } = event.data
      return {
        status: 'completed',
        progress: 100,
        completedAt: event.at,
        ...(summary === undefined ? {} : { summary }),
      }
    }
    case 'WorkflowFailed':
      return { status: 'failed', failedAt: event.at }
    case 'WorkflowStarted':
    case 'LocationDescribed':
      return {}
  }
}

export const foldWorkflow = (body: Body | undefined, event: CrawlEvent, place: Place): Body => {
  const known = body ?? begun(event, place)
  return { ...known, ...change(known, event), version: place.version, updatedAt: place.recordedAt }
}

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
  type ViewDocument,
  withError,
} from './document.js'

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
      return { mediaItems: body.mediaItems + 1 }
    case 'StageCompleted':
      return { stages: countStage(body.stages, event.data.stage, stageDone(event.data.processing)) }
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
    case 'StageFailed':
      return {}
  }
}

export const foldWorkflow = (body: Body | undefined, event: CrawlEvent, place: Place): Body => {
  const known = body ?? begun(event, place)
  return { ...known, ...change(known, event), version: place.version, updatedAt: place.recordedAt }
}

import type { CrawlEvent } from '../events.js'
import { locationOf } from '../stream.js'
import { countStage, type Place, type StageCount, stageDone, type ViewDocument } from './document.js'

/** One location, with the counters that analytics reads. */
export interface LocationDocument extends ViewDocument {
  readonly locationId: string
  readonly countryCode?: string
  readonly geo?: { readonly latitude: number; readonly longitude: number }
  /** What messages called `location`: `name` and further fields. */
  readonly location?: { readonly name?: string }
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errorCount: number
  readonly stages: readonly StageCount[]
  /** When it last was heard of, by the store's clock. */
  readonly updatedAt: string
}

type Body = Omit<LocationDocument, keyof ViewDocument>

const begun = (place: Place): Body => ({
  locationId: locationOf(place.stream),
  totalMediaItems: 0,
  activeWorkflows: 0,
  completedWorkflows: 0,
  failedWorkflows: 0,
  errorCount: 0,
  stages: [],
  updatedAt: place.recordedAt,
})

const change = (body: Body, event: CrawlEvent): Partial<Body> => {
  switch (event.type) {
    case 'WorkflowStarted':
      return { activeWorkflows: body.activeWorkflows + 1 }
    case 'LocationDescribed': {
      const { countryCode, geo, location } = event.data
      return {
        ...(countryCode === undefined ? {} : { countryCode }),
        ...(geo === undefined ? {} : { geo }),
        ...(location === undefined ? {} : { location: { ...body.location, ...location } }),
      }
    }
    case 'MediaFound':
      return { totalMediaItems: body.totalMediaItems + 1 }
    case 'StageCompleted':
      return { stages: countStage(body.stages, event.data.stage, stageDone(event.data.processing)) }
    case 'ErrorRecorded': {
      const { stage } = event.data
      return {
        errorCount: body.errorCount + 1,
        ...(stage === undefined ? {} : { stages: countStage(body.stages, stage, { errors: 1 }) }),
      }
    }
    case 'WorkflowCompleted':
      return {
        completedWorkflows: body.completedWorkflows + 1,
        ...(event.data.from === 'failed'
          ? { failedWorkflows: body.failedWorkflows - 1 }
          : { activeWorkflows: body.activeWorkflows - 1 }),
      }
    case 'WorkflowResumed':
      return {
        ...(event.data.from === 'active' ? {} : { activeWorkflows: body.activeWorkflows + 1 }),
        ...(event.data.from === 'failed' ? { failedWorkflows: body.failedWorkflows - 1 } : {}),
        ...(event.data.from === 'completed' ? { completedWorkflows: body.completedWorkflows - 1 } : {}),
      }
    case 'WorkflowFailed':
      return { failedWorkflows: body.failedWorkflows + 1, activeWorkflows: body.activeWorkflows - 1 }
    case 'WorkflowDescribed':
    case 'ProgressReported':
    case 'StageFailed':
    case 'StageClaimed':
    case 'StageReleased':
    case 'StageRetried':
      return {}
  }
}

export const foldLocation = (body: Body | undefined, event: CrawlEvent, place: Place): Body => {
  const known = body ?? begun(place)
  return { ...known, ...change(known, event), updatedAt: place.recordedAt }
}

import type { CrawlEvent } from '../events.js'
import type { JsonObject } from '../json.js'
import { batchOf, locationOf } from '../stream.js'
import { type Place, type RecordedError, stagesKept, type ViewDocument, withError } from './document.js'

export interface MediaStage {
  readonly stage: string
  /** `open`: it was claimed and given back, or is to be tried again. */
  readonly status: 'open' | 'claimed' | 'completed' | 'failed'
  readonly at: string
  /** Of a stage that failed: how often it did, this time included. Of others: which attempt it is. */
  readonly attempt?: number
  /** Who has claimed it, and until when by the store's clock. */
  readonly server?: string
  readonly until?: string
  readonly result?: unknown
  readonly processing?: object
}

/** One media item of one workflow, `LOCATION/BATCH/MEDIA`. */
export interface MediaDocument extends ViewDocument {
  readonly locationId: string
  readonly batchId: string
  readonly mediaId: string
  /** false while only stages or errors were reported of it. */
  readonly found: boolean
  readonly foundAt?: string
  readonly kind?: string
  readonly url?: string
  /** What else the message said of it. */
  readonly item: JsonObject
  /** The first 100 stages that were heard of. */
  readonly stages: readonly MediaStage[]
  readonly errorCount: number
  /** The last 100. */
  readonly errors: readonly RecordedError[]
}

type Body = Omit<MediaDocument, keyof ViewDocument>

/** The media item that an event is about, if it is about one. */
export const mediaIdOf = (event: CrawlEvent): string | undefined => {
  switch (event.type) {
    case 'MediaFound':
      return event.data.item.mediaId
    case 'StageCompleted':
    case 'StageFailed':
    case 'StageClaimed':
    case 'StageReleased':
    case 'StageRetried':
    case 'ErrorRecorded':
      return event.data.mediaId
    default:
      return undefined
  }
}

const begun = (mediaId: string, place: Place): Body => ({
  locationId: locationOf(place.stream),
  batchId: batchOf(place.stream) ?? '',
  mediaId,
  found: false,
  item: {},
  stages: [],
  errorCount: 0,
  errors: [],
})

const withStage = (stages: readonly MediaStage[], stage: MediaStage): readonly MediaStage[] =>
  stages.some(known => known.stage === stage.stage)
    ? stages.map(known => (known.stage === stage.stage ? stage : known))
    : [...stages, stage].slice(0, stagesKept)

const change = (body: Body, event: CrawlEvent): Partial<Body> => {
  switch (event.type) {
    case 'MediaFound': {
      const { mediaId: _, kind, url, ...item } = event.data.item as JsonObject & MediaItem
      return {
        found: true,
        foundAt: event.at,
        item,
        ...(kind === undefined ? {} : { kind }),
        ...(url === undefined ? {} : { url }),
      }
    }
    case 'StageCompleted': {
      const { stage, result, processing } = event.data
      const completed: MediaStage = {
        stage,
        status: 'completed',
        at: event.at,
        ...(result === undefined ? {} : { result }),
        ...(processing === undefined ? {} : { processing }),
      }
      return { stages: withStage(body.stages, completed) }
    }
    case 'StageFailed': {
      const { stage, attempt } = event.data
      return { stages: withStage(body.stages, { stage, status: 'failed', at: event.at, attempt }) }
    }
    case 'StageClaimed': {
      const { stage, attempt, server, until } = event.data
      return {
        stages: withStage(body.stages, { stage, status: 'claimed', at: event.at, attempt, server, until }),
      }
    }
    // Where the claim ended with the stage itself, the event that says so follows.
    case 'StageReleased':
      return { stages: withStage(body.stages, { stage: event.data.stage, status: 'open', at: event.at }) }
    case 'StageRetried': {
      const { stage, attempt } = event.data
      return { stages: withStage(body.stages, { stage, status: 'open', at: event.at, attempt }) }
    }
    case 'ErrorRecorded': {
      const { error, stage, fatal } = event.data
      const listed: RecordedError = {
        at: event.at,
        message: error.message,
        ...(error.code === undefined ? {} : { code: error.code }),
        ...(stage === undefined ? {} : { stage }),
        ...(fatal === undefined ? {} : { fatal }),
      }
      return { errorCount: body.errorCount + 1, errors: withError(body.errors, listed) }
    }
    default:
      return {}
  }
}

interface MediaItem {
  readonly mediaId: string
  readonly kind?: string
  readonly url?: string
}

export const foldMedia = (body: Body | undefined, event: CrawlEvent, place: Place): Body => {
  const known = body ?? begun(mediaIdOf(event) ?? '', place)
  return { ...known, ...change(known, event) }
}

import type { JsonObject } from './json.js'
import type { MessageOf, MessageType } from './messages.js'

// The names and the shapes of `data` are the storage format: what was written once is read for ever.

/** What a message says besides what it is about: the stream and the commit hold that. */
type Told<T extends MessageType> = Omit<MessageOf<T>, 'id' | 'type' | 'batchId' | 'locationId' | 'at'>

export interface EventData {
  /** `implicit`: something was reported of a workflow before (or without) its new batch. */
  WorkflowStarted: { readonly implicit: boolean }
  /** Only the fields that are new or differ from what was known. */
  WorkflowDescribed: Omit<Told<'new-batch'>, 'countryCode' | 'geo' | 'location'>
  LocationDescribed: Pick<Told<'new-batch'>, 'countryCode' | 'geo' | 'location'>
  MediaFound: Told<'item-found'> & {
    /** The stages that were reported done before the item was reported found, where there are any. */
    readonly doneBefore?: readonly string[]
  }
  StageCompleted: Omit<Told<'stage-complete'>, 'progress'> & {
    /** The stage had failed and was not retried since. */
    readonly wasFailed?: boolean
    /** The item was not known yet. */
    readonly wasEarly?: boolean
  }
  /** The error itself is in the `ErrorRecorded` before it. */
  StageFailed: {
    readonly stage: string
    readonly mediaId?: string
    /** How often this stage has failed, this time included. Since version 2. */
    readonly attempt: number
  }
  /** `server` works on this stage of this item until the lease is over, by the store's clock. */
  StageClaimed: {
    readonly stage: string
    readonly mediaId: string
    readonly server: string
    /** The same for all that were claimed together, and for a renewal the same as before. */
    readonly claim: string
    readonly until: string
    /** Which attempt at this stage it is. */
    readonly attempt: number
    /** A heartbeat moved the end of a claim that there was. */
    readonly renewed: boolean
  }
  /** The claim that `server` had is over. */
  StageReleased: {
    readonly stage: string
    readonly mediaId: string
    readonly server: string
    readonly claim: string
    readonly because: 'completed' | 'failed' | 'expired' | 'released'
  }
  /** A stage that had failed is open again. */
  StageRetried: {
    readonly stage: string
    readonly mediaId?: string
    readonly server: string
    /** Which attempt at this stage comes now. */
    readonly attempt: number
  }
  /** `server` goes on with a workflow that was left lying. */
  WorkflowResumed: { readonly server: string; readonly from: 'active' | 'completed' | 'failed' }
  ProgressReported: { readonly progress: number; readonly stage?: string }
  ErrorRecorded: Told<'error'>
  /** `from` is the status before, so that a counter of failed workflows can be corrected. */
  WorkflowCompleted: { readonly from: 'active' | 'failed'; readonly summary?: unknown }
  WorkflowFailed: { readonly reason: string }
}

export type EventType = keyof EventData

export type CrawlEvent = {
  [T in EventType]: {
    readonly type: T
    /** The version of `data`'s shape. */
    readonly v: number
    /** When it happened, ISO. */
    readonly at: string
    readonly data: EventData[T]
  }
}[EventType]

/** An event as a store gives it back: not yet known to be one of ours. */
export interface StoredEvent {
  readonly type: string
  readonly v: number
  readonly at: string
  readonly data: JsonObject
  /** Which of its commit's messages caused it. */
  readonly message: number
}

import type { Change } from './counts.js'
import type { Json, JsonObject } from './json.js'
import type { Plan } from './plan.js'

// The names and the shapes of `data` are the storage format: what was written once is read for ever.

/** A failure as events and views tell it. What else was said of it is under `more`, where no name of ours is. */
export interface ErrorData {
  readonly stage: string
  readonly error: string
  /** ISO; absent where it was told without a time. */
  readonly timestamp?: string
  readonly fatal?: boolean
  readonly more?: JsonObject
}

/** What a context says of its subject and was not known: of the item, or where there is none of the batch. */
export interface ContextData {
  readonly itemId?: string
  /** Values that won, by key. */
  readonly metadata?: JsonObject
  /** Fields of the context that no rule reads. */
  readonly fields?: JsonObject
  readonly itemUrl?: string
  readonly itemType?: string
  /** What is known and was told again, later: `metadata.KEY` or `context.FIELD`; `*` is all that is known. */
  readonly again?: readonly string[] | '*'
  /** Stages told done that count nothing for this subject by the plan there is. */
  readonly stages?: readonly string[]
  /** The context was the batch's, although the event is about an item. */
  readonly ofBatch?: true
  /** What else the message said. */
  readonly report?: Json
}

export interface ClaimData {
  readonly stage: string
  readonly itemId: string
  readonly server: string
  /** The same for all that were claimed together, and for a renewal the same as before. */
  readonly claim: string
}

export interface EventData {
  /** The first that was told of a workflow. */
  WorkflowStarted: object
  ContextUpdated: ContextData
  /** The first that was told of an item. `plan` where the workflow has its own. */
  ItemFound: ContextData & { readonly itemId: string; readonly plan?: Plan }
  /** `told`: by a message that is about it, and not by a context that carries it along. */
  LocationDescribed: {
    readonly told?: true
    readonly locationName?: string
    readonly countryCode?: string
    /** Degrees. */
    readonly coordinates?: { readonly lat: number; readonly lng: number }
    /** Queries that were new, or were brought earlier than was known. */
    readonly queries?: readonly string[]
  }
  /** The stages of this workflow, where they are not the usual ones. `itemIds`: the items that were known before. */
  PlanChosen: { readonly plan: Plan; readonly itemIds: readonly string[] }
  /** What a plan that came late makes of what was told of an item before, or without `itemId` of the workflow. */
  Recounted: {
    readonly itemId?: string
    readonly change: Change
    /** The last 100. */
    readonly errors: readonly (ErrorData & { readonly itemId?: string })[]
  }
  /** A stage is done, with what the context said besides. */
  StageCompleted: ContextData & {
    readonly stage: string
    /** The longest that was told of it, in milliseconds. */
    readonly durationMs?: number
    /** The largest that was told of it, in bytes. */
    readonly sizeBytes?: number
    /** Listed by a context, and not reported by itself. */
    readonly listed?: true
    /** It counts nothing for this subject by the plan there is. */
    readonly aside?: true
    /** It was known to be done; it was told at an earlier time, or took longer, than was known. */
    readonly done?: 'before'
  }
  ErrorRecorded: ErrorData & {
    readonly itemId?: string
    /** Listed by a context, and not reported by an error message. */
    readonly listed?: true
    /** It fails its stage, unless `fatal` is false. */
    readonly fails?: true
    /** The batch's, copied into an item's context: it counts nothing by the plan there is. */
    readonly aside?: true
    /** It was known, and more is told of it. */
    readonly again?: true
    /** The error as it stands with all that was told of it, where that differs. */
    readonly merged?: ErrorData
  }
  /** The item, or without `itemId` the workflow, is said to be complete. */
  CompletionReported: { readonly itemId?: string }
  ItemGivenUp: { readonly itemId: string }
  ProgressReported: { readonly itemId?: string; readonly report: Json }
  /** `server` works on this stage of this item until the lease is over, by the store's clock. */
  StageClaimed: ClaimData & {
    readonly until: string
    /** Which attempt at this stage it is. */
    readonly attempt: number
    /** A heartbeat moved the end of a claim that there was. */
    readonly renewed: boolean
  }
  /** The claim that `server` had is over. */
  StageReleased: ClaimData & { readonly because: 'completed' | 'failed' | 'expired' | 'released' }
  /** A stage that had failed is open again. */
  StageRetried: {
    readonly stage: string
    readonly itemId?: string
    readonly server: string
    /** Which attempt at this stage comes now. */
    readonly attempt: number
  }
  /** `server` goes on with a workflow: what failed in its batch is answered. */
  WorkflowResumed: { readonly server: string; readonly from: WorkflowStatus }
  /** What a message adds to the counts of a workflow and its location, and with `itemId` to those of the item, beyond what its other events add by themselves. */
  CountsChanged: {
    readonly itemId?: string
    readonly change: Change
    /** The latest time at which something was told complete, ISO. */
    readonly completedAt?: string
  }
  WorkflowCompleted: { readonly from: WorkflowStatus }
  /** `failure` is the latest that is unresolved; `from` is `failed` where another one was before. */
  WorkflowFailed: { readonly from: WorkflowStatus; readonly failure: ErrorData }
  WorkflowReopened: { readonly from: WorkflowStatus }
}

export type WorkflowStatus = 'active' | 'completed' | 'failed'
export type EventType = keyof EventData

export type CrawlEvent = {
  [T in EventType]: {
    readonly type: T
    /** The version of `data`'s shape. */
    readonly v: number
    /** When it happened by the context that told it, ISO; absent where that had no time. */
    readonly at?: string
    readonly data: EventData[T]
    /** It was stored by 0.1, and this is what it means now. */
    readonly isLifted?: true
  }
}[EventType]

/** An event before it has its version and time. */
export type Fact = { [T in EventType]: { readonly type: T; readonly data: EventData[T] } }[EventType]

/** An event as a store gives it back: not yet known to be one of ours. */
export interface StoredEvent {
  readonly type: string
  readonly v: number
  readonly at?: string
  readonly data: JsonObject
  /** Which of its commit's messages caused it. */
  readonly message: number
}

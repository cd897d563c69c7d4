import type { Json } from './json.js'
import type { Plan } from './plan.js'

export type ItemType = 'video' | 'image' | 'post'

/** A failure that a context carries from service to service. */
export interface ContextError {
  readonly stage: string
  readonly error: string
  /** ISO. */
  readonly timestamp: string
}

/** What a workflow has gathered. Services add to it on the way. */
export interface ContextMetadata {
  /** The user's queries; earlier services call them `queries`. */
  readonly inputQueries?: readonly string[]
  readonly queries?: readonly string[]
  /** Made by the control stage. */
  readonly generatedQueries?: readonly string[]
  /** In degrees. */
  readonly coordinates?: { readonly lat: number; readonly lng: number }
  readonly mediaInfo?: unknown
  readonly analysisResults?: unknown
  readonly enrichmentData?: unknown
  /** Where the workflow has stages of its own. */
  readonly plan?: Plan
  readonly [key: string]: unknown
}

/** What travels through every message of Social Crawl: the context of a batch or, with an `itemId`, of one item of it. */
export interface WorkflowContext {
  /** The workflow: one batch at one location. */
  readonly batchId: string
  readonly locationId: string
  readonly locationName?: string
  /** ISO 3166-1 alpha-2. */
  readonly countryCode?: string
  /** Where it is now. */
  readonly stage: string
  /** When this context was made or changed, ISO. */
  readonly timestamp: string
  readonly itemId?: string
  readonly itemUrl?: string
  readonly itemType?: ItemType
  readonly completedStages: readonly string[]
  readonly metadata: ContextMetadata
  readonly errors?: readonly ContextError[]
  /** Which query found it. */
  readonly query?: string
}

const known = new Set<string>([
  'batchId',
  'completedStages',
  'countryCode',
  'errors',
  'itemId',
  'itemType',
  'itemUrl',
  'locationId',
  'locationName',
  'metadata',
  'stage',
  'timestamp',
] satisfies (keyof WorkflowContext)[])

/** Whether a field of a context is one that no rule reads: it is kept and given back. */
export const isFurther = (field: string): boolean => !known.has(field)

export const isSaid = (value: Json | undefined): value is Exclude<Json, null> =>
  value !== undefined && value !== null

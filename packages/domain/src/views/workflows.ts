import { addRows, type Change, isNothing, type StageRow, sortRows } from '../counts.js'
import type { ContextData, CrawlEvent, ErrorData, WorkflowStatus } from '../events.js'
import { completionIn, impliedBy } from '../implied.js'
import type { JsonObject } from '../json.js'
import { defaultPlan, type Plan } from '../plan.js'
import { batchOf, locationOf } from '../stream.js'
import { derived } from './derived.js'
import {
  type Bounds,
  type Comparing,
  isLater,
  type ListedError,
  listed,
  type Place,
  type Times,
  timesWith,
  toldError,
  type ViewDocument,
  withError,
} from './document.js'

/** The batch's context as it would stand now. */
export interface CurrentContext {
  readonly batchId: string
  readonly locationId: string
  readonly locationName?: string
  readonly countryCode?: string
  readonly stage: string
  /** The latest of the batch's contexts, ISO. */
  readonly timestamp?: string
  readonly completedStages: readonly string[]
  readonly metadata: JsonObject
  /** The batch's, the last 100. */
  readonly errors?: readonly ListedError[]
  /** Fields that no rule reads. */
  readonly [field: string]: unknown
}

/** One workflow, `LOCATION/BATCH`. */
export interface WorkflowDocument extends ViewDocument, Times, Bounds {
  readonly batchId: string
  readonly locationId: string
  readonly locationName?: string
  readonly countryCode?: string
  readonly status: WorkflowStatus
  readonly currentStage: string
  /** When the store took the last commit of it, ISO. */
  readonly recordedAt: string
  readonly context: CurrentContext
  /** The batch's, and once those are done each item stage that every item has behind it. */
  readonly completedStages: readonly string[]
  /** Percent, rounded down; 100 exactly when completed. */
  readonly progress: number
  readonly items: {
    readonly found: number
    readonly finished: number
    readonly failing: number
    readonly givenUp: number
  }
  readonly stages: readonly StageRow[]
  readonly errorCount: number
  /** The last 100 by time, of the batch and its items. */
  readonly errors: readonly ListedError[]
  /** The latest time that told a completion; only while completed. */
  readonly completedAt?: string
  /** The time of the latest unresolved failure of the batch, and that failure; only while failed. */
  readonly failedAt?: string
  readonly failure?: ListedError
  readonly resumes: number
  /** The version of its stream: what `resume` expects. */
  readonly version: number
  readonly _plan?: Plan
  /** Stages that the batch told done, whatever they count. */
  readonly _told: readonly string[]
  readonly _behind: NonNullable<Change['behind']>
  readonly _completedAt?: string
}

/** The document without what a store keeps of it. */
export type Body = Omit<WorkflowDocument, keyof ViewDocument>

const begun = ({ stream, version, recordedAt }: Place): Body => {
  const ids = { batchId: batchOf(stream) ?? '', locationId: locationOf(stream) }
  const stage = defaultPlan.batch[0] ?? ''
  return {
    ...ids,
    status: 'active',
    currentStage: stage,
    recordedAt,
    context: { ...ids, stage, completedStages: [], metadata: {} },
    completedStages: [],
    progress: 0,
    items: { found: 0, finished: 0, failing: 0, givenUp: 0 },
    stages: [],
    errorCount: 0,
    errors: [],
    resumes: 0,
    version,
    _told: [],
    _behind: [],
  }
}

const withContext = (context: CurrentContext, { metadata, fields }: ContextData): CurrentContext => ({
  ...context,
  ...fields,
  ...(metadata === undefined ? {} : { metadata: { ...context.metadata, ...metadata } }),
})

/** The latest time of the batch's own contexts. */
const withTimestamp = (context: CurrentContext, at: string | undefined): CurrentContext =>
  at === undefined || !isLater(at, context.timestamp) ? context : { ...context, timestamp: at }

const withTold = (told: readonly string[], stages: readonly string[]): readonly string[] =>
  stages.every(stage => told.includes(stage)) ? told : [...new Set([...told, ...stages])]

const withBehind = (behind: Body['_behind'], added: Body['_behind']): Body['_behind'] => {
  let sums = behind
  for (const { stage, items } of added) {
    const at = sums.findIndex(row => row.stage === stage)
    sums =
      at < 0 ? [...sums, { stage, items }] : sums.with(at, { stage, items: (sums[at]?.items ?? 0) + items })
  }
  // Of stages that a late plan has no more nothing is left.
  return added.some(({ items }) => items < 0) ? sums.filter(({ items }) => items !== 0) : sums
}

const withChange = (body: Body, event: CrawlEvent): Body => {
  const change = impliedBy(event, body._plan ?? defaultPlan)
  const completed = completionIn(event)
  const isCompletion = completed !== undefined && isLater(completed, body._completedAt)
  if (isNothing(change) && !isCompletion) return body
  const { found = 0, finished = 0, failing = 0, givenUp = 0, errors = 0, behind, rows } = change
  const { items } = body
  return derived({
    ...body,
    ...(isCompletion ? { _completedAt: completed } : {}),
    items: {
      found: items.found + found,
      finished: items.finished + finished,
      failing: items.failing + failing,
      givenUp: items.givenUp + givenUp,
    },
    errorCount: body.errorCount + errors,
    ...(behind === undefined ? {} : { _behind: withBehind(body._behind, behind) }),
    ...(rows === undefined ? {} : { stages: addRows(body.stages, rows, body._plan ?? defaultPlan) }),
  })
}

/** What an event of the batch itself says of its context. */
const ofBatch = (body: Body, event: CrawlEvent, comparing: Comparing): Body => {
  const context = withTimestamp(body.context, event.at)
  switch (event.type) {
    case 'ContextUpdated': {
      const { stages = [] } = event.data
      const told = withTold(body._told, stages)
      return { ...body, _told: told, context: withContext(context, event.data) }
    }
    case 'StageCompleted':
      return derived({
        ...body,
        _told: withTold(body._told, [event.data.stage, ...(event.data.stages ?? [])]),
        context: withContext(context, event.data),
      })
    case 'ErrorRecorded': {
      const errors = withError(context.errors ?? [], toldError(event.data, undefined), comparing)
      return { ...body, context: { ...context, errors } }
    }
    default:
      return { ...body, context }
  }
}

const change = (body: Body, event: CrawlEvent, comparing: Comparing): Body => {
  switch (event.type) {
    case 'ItemFound':
    case 'ContextUpdated':
    case 'StageCompleted':
    case 'CompletionReported':
    case 'ItemGivenUp':
    case 'ProgressReported': {
      if (event.data.itemId === undefined) return ofBatch(body, event, comparing)
      const isBatchs = (event.type === 'ItemFound' || event.type === 'ContextUpdated') && event.data.ofBatch
      return isBatchs === true ? { ...body, context: withTimestamp(body.context, event.at) } : body
    }
    case 'ErrorRecorded': {
      const { itemId, aside } = event.data
      const next = itemId === undefined ? ofBatch(body, event, comparing) : body
      return aside === true
        ? next
        : { ...next, errors: withError(body.errors, toldError(event.data, itemId), comparing) }
    }
    case 'LocationDescribed': {
      const { locationName, countryCode } = event.data
      const own = {
        ...(locationName === undefined ? {} : { locationName }),
        ...(countryCode === undefined ? {} : { countryCode }),
      }
      return { ...body, ...own, context: { ...body.context, ...own } }
    }
    case 'PlanChosen': {
      const { plan } = event.data
      return derived({ ...body, _plan: plan, stages: sortRows(body.stages, plan) })
    }
    case 'Recounted':
      return { ...body, errors: event.data.errors.map(listed) }
    case 'WorkflowResumed':
      return { ...body, resumes: body.resumes + 1 }
    case 'WorkflowCompleted':
      return derived({ ...body, status: 'completed' })
    case 'WorkflowReopened':
      return derived({ ...body, status: 'active' })
    case 'WorkflowFailed':
      return derived({ ...body, status: 'failed', failure: listed(event.data.failure as ErrorData) })
    case 'WorkflowStarted':
    case 'CountsChanged':
    case 'StageClaimed':
    case 'StageReleased':
    case 'StageRetried':
      return body
  }
}

export const foldWorkflow = (
  body: Body | undefined,
  event: CrawlEvent,
  place: Place,
  comparing: Comparing,
): Body => {
  const known = body ?? begun(place)
  const next = withChange(change(known, event, comparing), event)
  return { ...next, ...timesWith(known, event), version: place.version, recordedAt: place.recordedAt }
}

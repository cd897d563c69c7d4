import { isSaid } from '../context.js'
import { addRows, type StageRow, sortRows } from '../counts.js'
import type { ContextData, CrawlEvent } from '../events.js'
import { impliedBy } from '../implied.js'
import { isObject, type JsonObject } from '../json.js'
import { byText, defaultPlan, type Plan, partOf } from '../plan.js'
import { batchOf, locationOf } from '../stream.js'
import {
  type Bounds,
  type Comparing,
  isEarlier,
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

/** One media item of one workflow, `LOCATION/BATCH/ITEM`. */
export interface MediaDocument extends ViewDocument, Times, Bounds {
  readonly itemId: string
  readonly itemUrl?: string
  /** `video`, `image`, `post`, or what else it was called. */
  readonly itemType?: string
  readonly locationId: string
  readonly batchId: string
  /** When the latest of its stages was told done, ISO. */
  readonly processedAt?: string
  /** When the store took the last commit of it, ISO. */
  readonly recordedAt: string
  /** All that was told of it; `duration` and `size` also from `mediaInfo`. */
  readonly metadata: JsonObject
  /** Fields of its contexts that no rule reads. */
  readonly fields?: JsonObject
  /** `completed`: its last stage is done; `failed`: it was given up. */
  readonly status: 'active' | 'completed' | 'failed'
  readonly currentStage: string
  readonly completedStages: readonly string[]
  readonly stages: readonly StageRow[]
  readonly errorCount: number
  /** The last 100 by time. */
  readonly errors: readonly ListedError[]
  readonly _plan?: Plan
  /** Stages that were told done, with the earliest time of each. */
  readonly _told: readonly { readonly stage: string; readonly at?: string }[]
  readonly _isComplete?: true
  readonly _isGivenUp?: true
  /** Which of `duration` and `size` were told under these names. */
  readonly _own?: readonly string[]
}

/** The document without what a store keeps of it. */
export type ItemBody = Omit<MediaDocument, keyof ViewDocument>
type Body = ItemBody

/** The item that an event is about, if it is about one. */
export const itemIdOfEvent = ({ data }: CrawlEvent): string | undefined =>
  (data as { readonly itemId?: string }).itemId

const begun = (itemId: string, { stream, recordedAt }: Place): Body => ({
  itemId,
  locationId: locationOf(stream),
  batchId: batchOf(stream) ?? '',
  recordedAt,
  metadata: {},
  status: 'active',
  currentStage: defaultPlan.item[0] ?? '',
  completedStages: [],
  stages: [],
  errorCount: 0,
  errors: [],
  _told: [],
})

/** The body with what is derived from the rest of it. */
export const derivedItem = (body: Body): Body => {
  const plan = body._plan ?? defaultPlan
  const { _told, _isComplete, _isGivenUp, processedAt: _, ...rest } = body
  const done = new Set(_told.map(({ stage }) => stage))
  const last = plan.item.at(-1) ?? ''
  const isDone = _isComplete === true || done.has(last)
  const isFinished = isDone || _isGivenUp === true
  const others = _told.map(({ stage }) => stage).filter(stage => partOf(plan, stage) === 'outside')
  let latest: string | undefined
  for (const { stage, at } of _told)
    if (at !== undefined && partOf(plan, stage) !== 'batch' && isLater(at, latest)) latest = at
  return {
    ...rest,
    ...(latest === undefined ? {} : { processedAt: latest }),
    status: isDone ? 'completed' : isFinished ? 'failed' : 'active',
    currentStage: isFinished ? last : (plan.item.find(stage => !done.has(stage)) ?? last),
    completedStages: [...plan.item.filter(stage => done.has(stage)), ...others.toSorted(byText)],
    _told,
    ...(_isComplete === true ? { _isComplete } : {}),
    ...(_isGivenUp === true ? { _isGivenUp } : {}),
  }
}

const withTold = (told: Body['_told'], stages: readonly string[], at: string | undefined): Body['_told'] => {
  let all = told
  for (const stage of stages) {
    const i = all.findIndex(one => one.stage === stage)
    const entry = { stage, ...(at === undefined ? {} : { at }) }
    if (i < 0) all = [...all, entry]
    else if (at !== undefined && isEarlier(at, all[i]?.at)) all = all.with(i, entry)
  }
  return all
}

export const sizes = ['duration', 'size']

/** Metadata with what is new; `duration` and `size` come from `mediaInfo` where they were not told by themselves. */
const withMetadata = (body: Body, news: JsonObject): Pick<Body, 'metadata' | '_own'> => {
  const own = sizes.filter(name => Object.hasOwn(news, name) || body._own?.includes(name))
  const metadata: Record<string, JsonObject[string]> = { ...body.metadata, ...news }
  // Of what was told before they were taken already; it may be cut by now.
  const { mediaInfo } = news
  const info = isObject(mediaInfo) ? mediaInfo : {}
  for (const name of mediaInfo === undefined ? [] : sizes) {
    if (own.includes(name)) continue
    const value = info[name]
    if (isSaid(value)) metadata[name] = value
    else delete metadata[name]
  }
  return { metadata, ...(own.length === 0 ? {} : { _own: own }) }
}

const withContext = (body: Body, data: ContextData, at: string | undefined): Body => {
  const { metadata, fields, itemUrl, itemType, stages } = data
  const next = {
    ...body,
    ...(metadata === undefined ? {} : withMetadata(body, metadata)),
    ...(fields === undefined ? {} : { fields: { ...body.fields, ...fields } }),
    ...(itemUrl === undefined ? {} : { itemUrl }),
    ...(itemType === undefined ? {} : { itemType }),
  }
  return stages === undefined ? next : derivedItem({ ...next, _told: withTold(body._told, stages, at) })
}

const withChange = (body: Body, event: CrawlEvent): Body => {
  const plan = body._plan ?? defaultPlan
  const { rows, errors = 0 } = impliedBy(event, plan)
  if (rows === undefined && errors === 0) return body
  return {
    ...body,
    errorCount: body.errorCount + errors,
    ...(rows === undefined ? {} : { stages: addRows(body.stages, rows, plan) }),
  }
}

const withPlan = (body: Body, plan: Plan): Body =>
  derivedItem({ ...body, _plan: plan, stages: sortRows(body.stages, plan) })

const change = (body: Body, event: CrawlEvent, comparing: Comparing): Body => {
  switch (event.type) {
    case 'ItemFound': {
      const { plan } = event.data
      const next = withContext(body, event.data, event.at)
      return plan === undefined ? next : withPlan(next, plan)
    }
    case 'ContextUpdated':
      return withContext(body, event.data, event.at)
    case 'PlanChosen':
      return withPlan(body, event.data.plan)
    case 'StageCompleted': {
      const next = withContext(body, event.data, event.at)
      return derivedItem({ ...next, _told: withTold(next._told, [event.data.stage], event.at) })
    }
    case 'CompletionReported':
      return derivedItem({ ...body, _isComplete: true })
    case 'ItemGivenUp':
      return derivedItem({ ...body, _isGivenUp: true })
    case 'ErrorRecorded':
      return event.data.aside === true
        ? body
        : { ...body, errors: withError(body.errors, toldError(event.data, undefined), comparing) }
    case 'Recounted':
      return { ...body, errors: event.data.errors.map(listed) }
    default:
      return body
  }
}

export const foldMedia = (
  body: Body | undefined,
  itemId: string,
  event: CrawlEvent,
  place: Place,
  comparing: Comparing,
): Body => {
  const known = body ?? begun(itemId, place)
  const next = withChange(change(known, event, comparing), event)
  return { ...next, ...timesWith(known, event), recordedAt: place.recordedAt }
}

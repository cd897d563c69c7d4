import { amountOf, coordinatesOf, countryCodeOf } from './codecs.js'
import type { Change } from './counts.js'
import type { CrawlEvent, ErrorData, Fact, StoredEvent } from './events.js'
import { isObject, type Json, type JsonObject } from './json.js'
import { defaultPlan, planOf } from './plan.js'
import { objectIn, without } from './reading.js'

/** The events of 0.1, with the last version that it wrote of each. */
export const v1Types: ReadonlyMap<string, number> = new Map([
  ['WorkflowStarted', 1],
  ['WorkflowDescribed', 1],
  ['LocationDescribed', 1],
  ['MediaFound', 1],
  ['StageCompleted', 1],
  ['StageFailed', 2],
  ['StageClaimed', 1],
  ['StageReleased', 1],
  ['StageRetried', 1],
  ['WorkflowResumed', 1],
  ['ProgressReported', 1],
  ['ErrorRecorded', 1],
  ['WorkflowCompleted', 1],
  ['WorkflowFailed', 1],
])

type ItemPart = { readonly itemId?: string }

const itemOf = ({ mediaId }: JsonObject): ItemPart => (typeof mediaId === 'string' ? { itemId: mediaId } : {})

const stageOf = ({ stage }: JsonObject): string => (typeof stage === 'string' ? stage : '')

const counted = (item: ItemPart, change: Change): Fact => ({
  type: 'CountsChanged',
  data: { ...item, change },
})

const metadataOf = (item: ItemPart, metadata: JsonObject): Fact[] =>
  Object.keys(metadata).length === 0 ? [] : [{ type: 'ContextUpdated', data: { ...item, metadata } }]

/** A flat list of stages was that of the items; `discover` was the batch's. */
const planIn = (stages: Json | undefined): Fact[] => {
  if (!Array.isArray(stages)) return []
  const batch = stages.includes('discover') ? ['discover'] : defaultPlan.batch
  const plan = planOf({ batch, item: stages.filter(stage => stage !== 'discover') })
  return plan === undefined ? [] : [{ type: 'PlanChosen', data: { itemIds: [], plan } }]
}

const described = (data: JsonObject): Fact[] => {
  const { queries, stages } = data
  const texts = Array.isArray(queries) ? queries.filter(one => typeof one === 'string') : []
  return [
    ...planIn(stages),
    ...metadataOf(
      {},
      {
        ...without(data, ['queries', 'stages']),
        ...(texts.length === 0 ? {} : { inputQueries: texts }),
      },
    ),
    ...(texts.length === 0
      ? []
      : [
          { type: 'LocationDescribed', data: { queries: texts.filter(text => text.trim() !== '') } } as const,
        ]),
  ]
}

const kept = (name: string, rest: JsonObject): JsonObject =>
  Object.keys(rest).length === 0 ? {} : { [name]: rest }

const located = ({ countryCode, geo, location }: JsonObject): Fact[] => {
  const { latitude, longitude } = objectIn(geo)
  const coordinates = coordinatesOf({ lat: latitude ?? null, lng: longitude ?? null })
  const code = countryCodeOf(countryCode)
  const { name } = objectIn(location)
  const data = {
    ...(coordinates === undefined
      ? {}
      : { coordinates: coordinates as { lat: number; lng: number } & JsonObject }),
    ...(code === undefined ? {} : { countryCode: code }),
    ...(typeof name === 'string' && name.trim() !== '' ? { locationName: name } : {}),
    told: true as const,
  }
  const further = {
    ...kept('geo', without(objectIn(geo), ['latitude', 'longitude'])),
    ...kept('location', without(objectIn(location), ['name'])),
  }
  return [{ type: 'LocationDescribed', data }, ...metadataOf({}, further)]
}

const kinds: ReadonlyMap<Json | undefined, string> = new Map([['photo', 'image']])

const found = (data: JsonObject): Fact[] => {
  const item = objectIn(data.item)
  const { mediaId, kind, url } = item
  const itemId = String(mediaId)
  const itemType = kinds.get(kind) ?? kind
  const metadata = { ...without(data, ['item', 'doneBefore']), ...without(item, ['mediaId', 'kind', 'url']) }
  const done = Array.isArray(data.doneBefore) ? (data.doneBefore as readonly string[]) : []
  const type = itemType === 'video' || itemType === 'image' || itemType === 'post' ? itemType : 'other'
  return [
    {
      type: 'ItemFound',
      data: {
        itemId,
        ...(typeof itemType === 'string' ? { itemType } : {}),
        ...(typeof url === 'string' ? { itemUrl: url } : {}),
        ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      },
    },
    counted(
      { itemId },
      {
        ...(done.length === 0 ? {} : { behind: done.map(stage => ({ items: 1, stage })) }),
        found: 1,
        types: { [type]: 1 },
      },
    ),
  ]
}

const completedStage = (data: JsonObject): Fact[] => {
  const item = itemOf(data)
  const stage = stageOf(data)
  const { result, processing, wasFailed, wasEarly } = data
  const durationMs = amountOf(objectIn(processing).durationMs)
  const sizeBytes = amountOf(objectIn(processing).sizeBytes)
  const figures = {
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  }
  const isItems = item.itemId !== undefined
  const recovered = isItems && wasFailed === true
  return [
    ...metadataOf(item, {
      ...without(data, ['mediaId', 'result', 'stage', 'wasEarly', 'wasFailed']),
      ...(isObject(result) ? result : result === undefined ? {} : { results: result }),
    }),
    { type: 'StageCompleted', data: { ...figures, ...item, stage } },
    counted(item, {
      ...(isItems && wasEarly !== true ? { behind: [{ items: 1, stage }] } : {}),
      ...(recovered ? { failing: -1 } : {}),
      rows: [{ completed: 1, ...figures, ...(recovered ? { failing: -1 } : {}), stage }],
    }),
  ]
}

const failingBy = (data: JsonObject, failing: 1 | -1): Fact[] => {
  const item = itemOf(data)
  if (item.itemId === undefined) return []
  return [counted(item, { failing, rows: [{ failing, stage: stageOf(data) }] })]
}

const claimOf = (data: JsonObject): object => ({ ...without(data, ['mediaId']), ...itemOf(data) })

const claims = (data: JsonObject, claimed: 1 | -1): Fact =>
  counted(itemOf(data), { rows: [{ claimed, stage: stageOf(data) }] })

/** A fatal error failed its workflow, also an item's; one without `fatal` failed none. */
const failed = (data: JsonObject, at: string | undefined): Fact[] => {
  const error = objectIn(data.error)
  const stage = stageOf(data)
  const isFatal = data.fatal === true
  const item = isFatal ? {} : itemOf(data)
  const more = {
    ...without(error, ['message']),
    ...without(data, ['error', 'fatal', 'stage', ...(isFatal ? [] : ['mediaId'])]),
  }
  const fatal = isFatal ? { fatal: true } : item.itemId === undefined ? { fatal: false } : {}
  const told: ErrorData = {
    error: String(error.message ?? ''),
    ...fatal,
    ...(Object.keys(more).length === 0 ? {} : { more }),
    stage,
    ...(at === undefined ? {} : { timestamp: at }),
  }
  return [
    { type: 'ErrorRecorded', data: { ...told, ...item, fails: true } },
    counted(item, { errors: 1, rows: [{ errors: 1, stage }] }),
  ]
}

const completed = ({ from, summary }: JsonObject, at: string | undefined): Fact[] => [
  ...(summary === undefined ? [] : metadataOf({}, { summary })),
  { type: 'CompletionReported', data: {} },
  { type: 'CountsChanged', data: { change: {}, ...(at === undefined ? {} : { completedAt: at }) } },
  { type: 'WorkflowCompleted', data: { from: from === 'failed' ? 'failed' : 'active' } },
]

const factsOf = ({ type, data, at }: Omit<StoredEvent, 'message'>): readonly Fact[] => {
  switch (type) {
    case 'WorkflowStarted':
      return [{ type, data: {} }]
    case 'WorkflowDescribed':
      return described(data)
    case 'LocationDescribed':
      return located(data)
    case 'MediaFound':
      return found(data)
    case 'StageCompleted':
      return completedStage(data)
    case 'StageFailed':
      return failingBy(data, 1)
    case 'StageClaimed':
      return [{ type, data: claimOf(data) } as Fact, ...(data.renewed === true ? [] : [claims(data, 1)])]
    case 'StageReleased':
      return [{ type, data: claimOf(data) } as Fact, claims(data, -1)]
    case 'StageRetried':
      return [{ type, data: claimOf(data) } as Fact, ...failingBy(data, -1)]
    case 'WorkflowResumed': {
      const from = data.from === 'completed' || data.from === 'failed' ? data.from : 'active'
      const reopened = { type: 'WorkflowReopened', data: { from } } as const
      return [{ type, data: { from, server: String(data.server) } }, ...(from === 'active' ? [] : [reopened])]
    }
    case 'ProgressReported':
      return [{ type, data: { report: data } }]
    case 'ErrorRecorded':
      return failed(data, at)
    case 'WorkflowCompleted':
      return completed(data, at)
    case 'WorkflowFailed': {
      const time = at === undefined ? {} : { timestamp: at }
      return [{ type, data: { failure: { error: String(data.reason), stage: '', ...time }, from: 'active' } }]
    }
    default:
      return []
  }
}

/** What an event of 0.1 means in the language of the services. */
export const liftedV1 = (stored: Omit<StoredEvent, 'message'>): readonly CrawlEvent[] => {
  const time = stored.at === undefined ? {} : { at: stored.at }
  return factsOf(stored).map(fact => ({ ...time, ...fact, isLifted: true, v: 2 }) as CrawlEvent)
}

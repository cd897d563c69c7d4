import { addRows, type Change, isNothing, type StageRow } from '../counts.js'
import { comparable, comparableShown, shortText } from '../cut.js'
import type { CrawlEvent, EventData } from '../events.js'
import { impliedBy } from '../implied.js'
import type { JsonObject } from '../json.js'
import { byText, defaultPlan } from '../plan.js'
import { noTime } from '../reading.js'
import { factNames, factOf, isStronger } from '../state.js'
import { locationOf } from '../stream.js'
import { type Place, type Times, timesWith, type ViewDocument } from './document.js'

/** How many queries a location lists: those that were brought first. The log has them all. */
const queriesKept = 1000

/** A fact as it was told: what decides when another workflow tells it, too. Its time is in ms; null where it had none. */
interface FactNote {
  readonly told: boolean
  readonly at: number | null
  readonly text: string
}

/** One location, with the counters that analytics reads. */
export interface LocationDocument extends ViewDocument, Times {
  readonly locationId: string
  readonly locationName?: string
  /** ISO 3166-1 alpha-2. */
  readonly countryCode?: string
  /** When the store took the last commit of it, ISO. */
  readonly recordedAt: string
  readonly metadata: {
    /** What users asked for, the first that came first. */
    readonly queries?: readonly string[]
    /** Degrees. */
    readonly coordinates?: { readonly lat: number; readonly lng: number }
  }
  readonly totalMediaItems: number
  readonly itemTypes: {
    readonly video: number
    readonly image: number
    readonly post: number
    readonly other: number
  }
  readonly totalWorkflows: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errorCount: number
  readonly stages: readonly StageRow[]
  readonly _facts: { readonly [F in (typeof factNames)[number]]?: FactNote }
  /** When each of `metadata.queries` was brought first, in ms; null where no context said. */
  readonly _queryTimes: readonly (number | null)[]
}

type Body = Omit<LocationDocument, keyof ViewDocument>

const begun = ({ stream, recordedAt }: Place): Body => ({
  locationId: locationOf(stream),
  recordedAt,
  metadata: {},
  totalMediaItems: 0,
  itemTypes: { video: 0, image: 0, post: 0, other: 0 },
  totalWorkflows: 0,
  activeWorkflows: 0,
  completedWorkflows: 0,
  failedWorkflows: 0,
  errorCount: 0,
  stages: [],
  _facts: {},
  _queryTimes: [],
})

const timeOf = (at: number | null | undefined): number => at ?? noTime

const withFacts = (body: Body, data: EventData['LocationDescribed'], at: number, position: number): Body => {
  let next = body
  for (const name of factNames) {
    const value = data[name]
    if (value === undefined) continue
    const fact = factOf(data.told === true, at, value as string | JsonObject)
    const note = next._facts[name]
    if (!isStronger(fact, note === undefined ? undefined : { ...note, at: timeOf(note.at) })) continue
    const kept = { ...fact, at: Number.isFinite(at) ? at : null }
    const shown =
      typeof value === 'string'
        ? { [name]: shortText(value, position) }
        : { metadata: { ...next.metadata, coordinates: value } }
    next = { ...next, ...shown, _facts: { ...next._facts, [name]: kept } } as Body
  }
  return next
}

/** The queries in the order of the times that brought each first, then as text. */
const withQueries = (body: Body, brought: readonly string[], at: number, position: number): Body => {
  const texts = [...(body.metadata.queries ?? [])]
  const times = [...body._queryTimes]
  const short = texts.map(comparableShown)
  for (const whole of brought) {
    const query = comparable(whole)
    const known = short.indexOf(query)
    if (known >= 0) {
      if (timeOf(times[known]) <= at) continue
      texts.splice(known, 1)
      short.splice(known, 1)
      times.splice(known, 1)
    }
    let place = texts.length
    const isBehind = (i: number): boolean =>
      timeOf(times[i]) > at || (timeOf(times[i]) === at && byText(short[i] ?? '', query) > 0)
    while (place > 0 && isBehind(place - 1)) place -= 1
    texts.splice(place, 0, shortText(whole, position))
    short.splice(place, 0, query)
    times.splice(place, 0, Number.isFinite(at) ? at : null)
  }
  return {
    ...body,
    metadata: { ...body.metadata, queries: texts.slice(0, queriesKept) },
    _queryTimes: times.slice(0, queriesKept),
  }
}

const withChange = (body: Body, change: Change): Body => {
  if (isNothing(change)) return body
  const { found = 0, errors = 0, rows, types = {} } = change
  const { video = 0, image = 0, post = 0, other = 0 } = types
  const { itemTypes } = body
  return {
    ...body,
    totalMediaItems: body.totalMediaItems + found,
    errorCount: body.errorCount + errors,
    itemTypes: {
      video: itemTypes.video + video,
      image: itemTypes.image + image,
      post: itemTypes.post + post,
      other: itemTypes.other + other,
    },
    ...(rows === undefined ? {} : { stages: addRows(body.stages, rows, defaultPlan) }),
  }
}

const counter = {
  active: 'activeWorkflows',
  completed: 'completedWorkflows',
  failed: 'failedWorkflows',
} as const

type Status = keyof typeof counter

const moved = (body: Body, from: Status, to: Status): Body =>
  from === to
    ? body
    : { ...body, [counter[from]]: body[counter[from]] - 1, [counter[to]]: body[counter[to]] + 1 }

const change = (body: Body, event: CrawlEvent, { position }: Place): Body => {
  switch (event.type) {
    case 'WorkflowStarted':
      return {
        ...body,
        totalWorkflows: body.totalWorkflows + 1,
        activeWorkflows: body.activeWorkflows + 1,
      }
    case 'LocationDescribed': {
      const at = event.at === undefined ? noTime : Date.parse(event.at)
      const next = withFacts(body, event.data, at, position)
      const { queries = [] } = event.data
      return queries.length === 0 ? next : withQueries(next, queries, at, position)
    }
    case 'WorkflowCompleted':
      return moved(body, event.data.from, 'completed')
    case 'WorkflowFailed':
      return moved(body, event.data.from, 'failed')
    case 'WorkflowReopened':
      return moved(body, event.data.from, 'active')
    default:
      return body
  }
}

export const foldLocation = (body: Body | undefined, event: CrawlEvent, place: Place): Body => {
  const known = body ?? begun(place)
  const next = withChange(change(known, event, place), impliedBy(event, defaultPlan))
  return { ...next, ...timesWith(known, event), recordedAt: place.recordedAt }
}

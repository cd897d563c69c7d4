import * as E from 'fp-ts/lib/Either.js'
import { isoOf } from './codecs.js'
import { decideCommand, endClaims } from './commanding.js'
import { type Command, isCommand } from './commands.js'
import { decideCounts, decideStatus } from './consequences.js'
import { defined } from './defined.js'
import type { ContextData, CrawlEvent, EventData } from './events.js'
import type { JsonObject } from './json.js'
import type { CrawlMessage, Envelope } from './messages.js'
import { contextNews, doneNews, errorNews, isNewTime, newStages } from './news.js'
import { oddBeside } from './noted.js'
import { countsFor, isEarlier, textOfPlan } from './plan.js'
import { noTime } from './reading.js'
import { ofItem, Recorder } from './recorder.js'
import type { Rejection } from './rejection.js'
import { type Facts, factNames, factOf, isStronger, planIn, type WorkflowState } from './state.js'
import { type Said, type Telling, type ToldLocation, tellingOf } from './telling.js'

/** What a message means for a workflow: the events it causes, none when it says nothing new, and the state they lead to. */
export interface Decision {
  readonly events: readonly CrawlEvent[]
  readonly state: WorkflowState
  /** What is odd about it beside what was known, in sentences. */
  readonly notes: readonly string[]
}

const decidePlan = (recorder: Recorder, { plan, at }: Telling): void => {
  if (plan === undefined) return
  const { chosen, items } = recorder.state
  const text = textOfPlan(plan)
  if (!isEarlier({ plan, at, text }, chosen)) return
  const itemIds = chosen?.text === text ? [] : [...items.keys()]
  recorder.record({ type: 'PlanChosen', data: { itemIds, plan } })
}

const decideErrors = (recorder: Recorder, itemId: string | undefined, { errors }: Said): void => {
  const plan = planIn(recorder.state)
  for (const told of errors) {
    const news = errorNews(recorder.subject(itemId), told, plan, itemId !== undefined)
    if (news !== undefined) recorder.record({ type: 'ErrorRecorded', data: ofItem(itemId, news) })
  }
}

const decideListedStages = (
  recorder: Recorder,
  itemId: string | undefined,
  { stages }: Said,
  at: number,
): void => {
  for (const stage of newStages(recorder.subject(itemId), stages, at)) {
    if (!countsFor(planIn(recorder.state), stage, itemId !== undefined)) continue
    const isKnown = recorder.subject(itemId).stages.has(stage)
    const data = defined({ done: isKnown ? ('before' as const) : undefined, listed: true as const, stage })
    recorder.record({ type: 'StageCompleted', data: ofItem(itemId, data) })
  }
}

/** The one event that tells what is new of a context: an item is found, a stage is done, or something is known anew. */
const recordContext = (
  recorder: Recorder,
  itemId: string | undefined,
  news: ContextData,
  done: EventData['StageCompleted'] | undefined,
): void => {
  const { chosen, items } = recorder.state
  if (itemId !== undefined && !items.has(itemId)) {
    const plan = chosen === undefined ? {} : { plan: chosen.plan }
    recorder.record({ type: 'ItemFound', data: { itemId, ...plan, ...news } })
    if (done !== undefined) recorder.record({ type: 'StageCompleted', data: ofItem(itemId, done) })
  } else if (done !== undefined)
    recorder.record({ type: 'StageCompleted', data: ofItem(itemId, Object.assign({}, news, done)) })
  else if (Object.keys(news).length > 0)
    recorder.record({ type: 'ContextUpdated', data: ofItem(itemId, news) })
}

/** The stage that a message reports done, where that is news. */
const doneIn = (recorder: Recorder, { done, at }: Telling, itemId: string | undefined) => {
  const news = done === undefined ? undefined : doneNews(recorder.subject(itemId), done, at)
  if (news === undefined) return undefined
  const counts = countsFor(planIn(recorder.state), news.stage, itemId !== undefined)
  return counts ? news : { aside: true as const, ...news }
}

/** What a context says of its subject. */
const decideSaid = (recorder: Recorder, telling: Telling, itemId: string | undefined): void => {
  const { said, at, type, report, completes, givesUp } = telling
  const isProgress = type === 'workflow_progress'
  const plan = planIn(recorder.state)
  const news = contextNews(recorder.subject(itemId), said, at, plan, itemId !== undefined)
  const all = report === undefined || isProgress ? (news ?? {}) : { report, ...news }
  recordContext(recorder, itemId, all, doneIn(recorder, telling, itemId))
  if (report !== undefined && isProgress)
    recorder.record({ type: 'ProgressReported', data: ofItem(itemId, { report }) })
  decideListedStages(recorder, itemId, said, at)
  decideErrors(recorder, itemId, said)
  const subject = recorder.subject(itemId)
  if (completes && !subject.isComplete)
    recorder.record({ type: 'CompletionReported', data: ofItem(itemId, {}) })
  if (givesUp && itemId !== undefined && !subject.isGivenUp)
    recorder.record({ type: 'ItemGivenUp', data: { itemId } })
}

/** An item found in a batch's context: the message's time is the item's and the batch's. */
const decideFound = (recorder: Recorder, { found, at }: Telling, itemId: string | undefined): void => {
  if (found === undefined || itemId === undefined) return
  const news = contextNews(recorder.subject(itemId), found, at, planIn(recorder.state), true) ?? {}
  const all = isNewTime(recorder.state.batch, at) ? { ofBatch: true as const, ...news } : news
  recordContext(recorder, itemId, all, undefined)
  decideTime(recorder, itemId, at)
}

const newFacts = (state: Facts, { told, ...facts }: ToldLocation, at: number): Omit<ToldLocation, 'told'> => {
  const stronger = factNames.filter(name => {
    const value = facts[name]
    // The usual context carries what was told before, which needs no comparing.
    if (value === undefined || (!told && state[name]?.told === true)) return false
    return isStronger(factOf(told, at, value as string | JsonObject), state[name])
  })
  return Object.fromEntries(stronger.map(name => [name, facts[name]]))
}

const decideLocation = (recorder: Recorder, { locations, queries, at }: Telling): void => {
  const earlier = queries.filter(query => {
    const known = recorder.state.queries.get(query)
    return known === undefined || at < known
  })
  let left: { readonly queries?: readonly string[] } =
    earlier.length === 0 ? {} : { queries: [...new Set(earlier)] }
  for (const told of locations) {
    const data = { ...newFacts(recorder.state, told, at), ...left } as object
    if (Object.keys(data).length === 0) continue
    recorder.record({ type: 'LocationDescribed', data: told.told ? { told: true, ...data } : data })
    left = {}
  }
  if (left.queries !== undefined) recorder.record({ type: 'LocationDescribed', data: left })
}

/** Whether a message tells that something is complete: by this the time of completion goes. */
const tellsCompletion = ({ type, said, completes, givesUp }: Telling): boolean =>
  completes || givesUp || type === 'stage_complete' || (type.startsWith('save_') && said.stages.length > 0)

const decideMessage = (before: WorkflowState, message: CrawlMessage): Recorder => {
  const { batchId, itemId } = message
  const telling = tellingOf(message)
  const { at } = telling
  const recorder = new Recorder(before, at === noTime ? undefined : isoOf(at))
  const subjectId = telling.ofItem ? itemId : undefined
  if (batchId !== undefined) {
    if (before.status === undefined) recorder.record({ type: 'WorkflowStarted', data: {} })
    decidePlan(recorder, telling)
  }
  decideSaid(recorder, telling, subjectId)
  decideLocation(recorder, telling)
  if (batchId === undefined) {
    decideTime(recorder, undefined, at)
    return recorder
  }
  decideFound(recorder, telling, itemId)
  decideTime(recorder, subjectId, at)
  if (itemId !== undefined) endClaims(recorder, itemId)
  decideCounts(recorder, before, tellsCompletion(telling) ? at : undefined)
  decideStatus(recorder)
  return recorder
}

/** A context that says nothing but that it was there. */
const decideTime = (recorder: Recorder, itemId: string | undefined, at: number): void => {
  if (isNewTime(recorder.subject(itemId), at))
    recorder.record({ type: 'ContextUpdated', data: ofItem(itemId, {}) })
}

/**
 * What a message or a command means for a workflow. A workflow that was never started is started by whatever is told of
 * it first; a location's own stream never is.
 */
export const decide = (state: WorkflowState, { id, body }: Envelope): E.Either<Rejection, Decision> => {
  if (isCommand(body)) return decideAsked(state, id, body)
  const notes = oddBeside(state, body)
  const { events, state: after } = decideMessage(state, body)
  return E.right({ events, state: events.length === 0 ? state : after, notes })
}

const decideAsked = (state: WorkflowState, id: string, command: Command): E.Either<Rejection, Decision> => {
  const recorder = new Recorder(state, undefined)
  const rejected = decideCommand(recorder, id, command)
  if (rejected !== undefined) return E.left(rejected)
  if (recorder.events.length === 0) return E.right({ events: [], state, notes: [] })
  decideCounts(recorder, state)
  decideStatus(recorder)
  return E.right({ events: recorder.events, state: recorder.state, notes: [] })
}

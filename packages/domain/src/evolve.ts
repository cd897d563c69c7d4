import { addRows, type Change, isNothing, type StageRow, sortRows } from './counts.js'
import type { CrawlEvent, EventData } from './events.js'
import { completionIn, impliedBy } from './implied.js'
import { canonical, type JsonObject } from './json.js'
import { type Plan, textOfPlan } from './plan.js'
import { noTime } from './reading.js'
import { factNames, factOf, planIn, stageKey, type WorkflowCounts, type WorkflowState } from './state.js'
import { evolveSubject, newSubject, withTime } from './subject.js'

const addBehind = (
  known: WorkflowCounts['behind'],
  added: NonNullable<Change['behind']>,
): WorkflowCounts['behind'] => {
  const sums = new Map(known)
  for (const { stage, items } of added) sums.set(stage, (sums.get(stage) ?? 0) + items)
  return sums
}

/** What counts, with a change added. */
export const addCounts = (counts: WorkflowCounts, change: Change, plan: Plan): WorkflowCounts => {
  const { found = 0, finished = 0, failing = 0, givenUp = 0, errors = 0, behind, rows, types } = change
  const { video = 0, image = 0, post = 0, other = 0 } = counts.types
  return {
    found: counts.found + found,
    finished: counts.finished + finished,
    failing: counts.failing + failing,
    givenUp: counts.givenUp + givenUp,
    errors: counts.errors + errors,
    behind: behind === undefined ? counts.behind : addBehind(counts.behind, behind),
    rows: rows === undefined ? counts.rows : addRows(counts.rows, rows, plan),
    types:
      types === undefined
        ? counts.types
        : {
            video: video + (types.video ?? 0),
            image: image + (types.image ?? 0),
            post: post + (types.post ?? 0),
            other: other + (types.other ?? 0),
          },
  }
}

/** What the counts hold, as one change. */
export const changeOf = ({ behind, rows, ...sums }: WorkflowCounts): Change => ({
  ...sums,
  behind: [...behind].map(([stage, items]) => ({ stage, items })),
  rows: rows.map(({ claimed: _, ...row }: StageRow) => row),
})

const withSubject = (state: WorkflowState, event: CrawlEvent): WorkflowState => {
  const { itemId } = event.data as { readonly itemId?: string }
  if (itemId === undefined) return { ...state, batch: evolveSubject(state.batch, event) }
  const item = evolveSubject(state.items.get(itemId) ?? newSubject, event)
  return { ...state, items: state.items.set(itemId, item) }
}

/** An item found in a batch's context: its time is the batch's, too. */
const withBatchTime = (state: WorkflowState, event: CrawlEvent): WorkflowState => {
  if ((event.type !== 'ItemFound' && event.type !== 'ContextUpdated') || event.data.ofBatch !== true)
    return state
  return event.at === undefined ? state : { ...state, batch: withTime(state.batch, Date.parse(event.at)) }
}

const withLocation = (
  state: WorkflowState,
  data: EventData['LocationDescribed'],
  at: number,
): WorkflowState => {
  let next = state
  for (const name of factNames) {
    const value = data[name]
    if (value === undefined) continue
    next = { ...next, [name]: factOf(data.told === true, at, value as string | JsonObject) }
  }
  for (const query of data.queries ?? []) next = { ...next, queries: next.queries.set(query, at) }
  return next
}

/** The state with an event on top. */
export const evolve = (state: WorkflowState, event: CrawlEvent): WorkflowState =>
  withCounts(withFact(state, event), event)

const withFact = (state: WorkflowState, event: CrawlEvent): WorkflowState => {
  const at = event.at === undefined ? noTime : Date.parse(event.at)
  switch (event.type) {
    case 'WorkflowStarted':
      return { ...state, status: 'active' }
    case 'ContextUpdated':
    case 'ItemFound':
      return withBatchTime(withSubject(state, event), event)
    case 'StageCompleted':
    case 'ErrorRecorded':
    case 'CompletionReported':
    case 'ItemGivenUp':
    case 'ProgressReported':
      return withSubject(state, event)
    case 'StageRetried': {
      const next = withSubject(state, event)
      // What was said before is answered by going on.
      return next.batch.isComplete ? { ...next, batch: { ...next.batch, isComplete: false } } : next
    }
    case 'WorkflowResumed':
      return { ...state, batch: evolveSubject(state.batch, event) }
    case 'LocationDescribed':
      return withLocation(state, event.data, at)
    case 'PlanChosen': {
      const { plan } = event.data
      const chosen = { plan, at, text: textOfPlan(plan) }
      return { ...state, chosen, counts: { ...state.counts, rows: sortRows(state.counts.rows, plan) } }
    }
    case 'Recounted':
    case 'CountsChanged':
      return state
    case 'StageClaimed': {
      const { stage, itemId, claim, server, until } = event.data
      return { ...state, claims: state.claims.set(stageKey(stage, itemId), { claim, server, until }) }
    }
    case 'StageReleased': {
      const { stage, itemId } = event.data
      return { ...state, claims: state.claims.set(stageKey(stage, itemId), undefined) }
    }
    case 'WorkflowCompleted':
      return { ...state, status: 'completed', failure: '' }
    case 'WorkflowFailed':
      return { ...state, status: 'failed', failure: canonical(event.data.failure as unknown as JsonObject) }
    case 'WorkflowReopened':
      return { ...state, status: 'active', failure: '' }
  }
}

/** What of a workflow changes with an event: that of `Recounted` for an item is in that of the whole. */
const withCounts = (state: WorkflowState, event: CrawlEvent): WorkflowState => {
  const isLifted = event.isLifted === true || (state.isLifted && !isCount(event))
  const completed = completionIn(event)
  const completedAt = completed === undefined ? noTime : Date.parse(completed)
  const isItems = event.type === 'Recounted' && event.data.itemId !== undefined
  const change = isItems ? {} : impliedBy(event, planIn(state))
  if (isNothing(change) && completedAt <= state.completedAt && isLifted === state.isLifted) return state
  const counts = addCounts(state.counts, change, planIn(state))
  return { ...state, counts, completedAt: Math.max(state.completedAt, completedAt), isLifted }
}

const isCount = ({ type }: CrawlEvent): boolean => type === 'CountsChanged' || type === 'Recounted'

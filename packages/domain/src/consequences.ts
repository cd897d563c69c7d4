import { isoOf } from './codecs.js'
import { contributionOf, failureOf, isCopied } from './contribution.js'
import { type Change, isNothing, minus, Tally } from './counts.js'
import { comparable } from './cut.js'
import type { CrawlEvent, ErrorData, EventData, WorkflowStatus } from './events.js'
import { changeOf } from './evolve.js'
import { impliedBy } from './implied.js'
import { canonical, type Json, type JsonObject } from './json.js'
import { countingSide, errorData, inList } from './known-error.js'
import type { Plan } from './plan.js'
import type { Recorder } from './recorder.js'
import { planIn, type WorkflowState } from './state.js'
import type { SubjectState } from './subject.js'

// What follows from the facts of a message. Counts, status and progress are derived from them and never told.

/** How many errors a document lists. The log has them all. */
export const errorsKept = 100

type ListedError = ErrorData & { readonly itemId?: string }

const errorsOf = (subject: SubjectState, plan: Plan, isItem: boolean): readonly ErrorData[] =>
  [...subject.errors.values()].flatMap(error => {
    const side = countingSide(error, isCopied(plan, isItem, error.stage))
    return side === undefined ? [] : [errorData(error, side)]
  })

/** Whether a plan makes others of the errors count. */
const differ = (errors: readonly ErrorData[], before: readonly ErrorData[]): boolean =>
  canonical(errors as unknown as Json) !== canonical(before as unknown as Json)

/** By time, stage, text and item, as documents list them. */
const lastOf = (errors: readonly ListedError[]): readonly ListedError[] =>
  errors
    .map(error => ({ error, text: comparable(error.error) }))
    .toSorted((a, b) => inList(a.error, a.text, b.error, b.text))
    .slice(-errorsKept)
    .map(({ error }) => error)

const totalOf = (state: WorkflowState): Change => {
  const plan = planIn(state)
  const total = new Tally().add(contributionOf(state.batch, plan, false))
  for (const item of state.items.values()) total.add(contributionOf(item, plan, true))
  return total.sum()
}

/** A plan that came late: what was told before is counted again, each item and the whole. */
const recount = (recorder: Recorder, before: WorkflowState): void => {
  const { state } = recorder
  const [old, plan] = [planIn(before), planIn(state)]
  const change = minus(totalOf(state), changeOf(state.counts))
  const facts = [...recorder.events]
  const touched = itemsIn(facts)
  const all: ListedError[] = [...errorsOf(state.batch, plan, false)]
  for (const [itemId, item] of [...state.items]) {
    const ofItem = uncounted(
      touched.has(itemId) ? facts : [],
      item,
      before.items.get(itemId),
      itemId,
      plan,
      old,
    )
    const errors = errorsOf(item, plan, true)
    all.push(...errors.map(error => ({ ...error, itemId })))
    if (!isNothing(ofItem) || differ(errors, errorsOf(item, old, true)))
      recorder.record({ type: 'Recounted', data: { change: ofItem, errors: lastOf(errors), itemId } })
  }
  recorder.record({ type: 'Recounted', data: { change, errors: lastOf(all) } })
}

/** The items that the events so far are about. */
const itemsIn = (events: readonly CrawlEvent[]): ReadonlySet<string> => {
  const items = new Set<string>()
  for (const { data } of events) {
    const { itemId } = data as { readonly itemId?: string }
    if (itemId !== undefined) items.add(itemId)
  }
  return items
}

const isTrouble = ({ errors, isComplete, isGivenUp }: SubjectState): boolean =>
  errors.size > 0 || isComplete || isGivenUp

/**
 * Whether the events count all by themselves, as those of nearly all messages do: nothing failed, nothing was given up,
 * and stages were done for the first time, the last one last. This spares such messages the counting.
 */
const isPlain = (
  events: readonly CrawlEvent[],
  after: SubjectState,
  before: SubjectState | undefined,
  itemId: string | undefined,
  { item }: Plan,
): boolean => {
  if (isTrouble(after) || (before !== undefined && isTrouble(before))) return false
  if (itemId !== undefined) {
    const last = item.at(-1) ?? ''
    if (before?.stages.has(last)) return false
    if (after.stages.has(last) && !item.every(stage => after.stages.has(stage))) return false
    const type = after.fields.get('itemType')?.text
    if (before !== undefined && before.fields.get('itemType')?.text !== type) return false
  }
  return events.every(
    ({ type, data }) =>
      type !== 'StageCompleted' ||
      data.itemId !== itemId ||
      (data.aside === undefined && data.done === undefined),
  )
}

/** Claims are counted by their own events, and are no part of what an item comes to. */
const isClaim = ({ type }: CrawlEvent): boolean => type === 'StageClaimed' || type === 'StageReleased'

/** What a batch or an item counts since `before`, beyond what the events count by themselves. */
const uncounted = (
  events: readonly CrawlEvent[],
  after: SubjectState,
  before: SubjectState | undefined,
  itemId: string | undefined,
  plan: Plan,
  old: Plan,
): Change => {
  const isItem = itemId !== undefined
  if (plan === old && isPlain(events, after, before, itemId, plan)) return {}
  const tally = new Tally().add(contributionOf(after, plan, isItem))
  if (before !== undefined) tally.add(contributionOf(before, old, isItem), -1)
  for (const event of events) {
    const isIts = (event.data as { readonly itemId?: string }).itemId === itemId
    if (isIts && !isClaim(event)) tally.add(impliedBy(event, plan), -1)
  }
  return tally.sum()
}

/**
 * What the events so far add to the counts.
 *
 * @param completedAt the instant at which the message told something complete, if it did
 */
export const decideCounts = (recorder: Recorder, before: WorkflowState, completedAt?: number): void => {
  let time: { readonly completedAt?: string } =
    completedAt !== undefined && Number.isFinite(completedAt) && completedAt > recorder.state.completedAt
      ? { completedAt: isoOf(completedAt) }
      : {}
  const record = (data: EventData['CountsChanged']): void => {
    recorder.record({ type: 'CountsChanged', data: { ...time, ...data } })
    time = {}
  }
  const isReplanned = before.chosen?.text !== recorder.state.chosen?.text
  if (isReplanned && before.status !== undefined) recount(recorder, before)
  else if (before.isLifted && recorder.events.length > 0)
    record({ change: minus(totalOf(recorder.state), changeOf(recorder.state.counts)) })
  else {
    const plan = planIn(recorder.state)
    const facts = [...recorder.events]
    const { batch } = recorder.state
    if (batch !== before.batch) {
      const change = uncounted(facts, batch, before.batch, undefined, plan, plan)
      if (!isNothing(change)) record({ change })
    }
    for (const itemId of itemsIn(facts)) {
      const change = uncounted(facts, recorder.subject(itemId), before.items.get(itemId), itemId, plan, plan)
      if (!isNothing(change)) record({ change, itemId })
    }
  }
  if (time.completedAt !== undefined) record({ change: {} })
}

interface Derived {
  readonly status: WorkflowStatus
  readonly failure?: ErrorData
}

/** The status by rule 5: the first that holds. */
export const statusOf = (state: WorkflowState): Derived => {
  const { batch, counts } = state
  if (batch.isComplete) return { status: 'completed' }
  const failure = batch.errors.size === 0 ? undefined : failureOf(batch)
  if (failure !== undefined) return { status: 'failed', failure }
  const isBatchDone = planIn(state).batch.every(stage => batch.stages.has(stage))
  return { status: isBatchDone && counts.finished === counts.found ? 'completed' : 'active' }
}

const typeOf = {
  active: 'WorkflowReopened',
  completed: 'WorkflowCompleted',
} as const

/** The event that tells a status which the workflow did not have. */
export const decideStatus = (recorder: Recorder): void => {
  const { state } = recorder
  const { status, failure } = statusOf(state)
  const from = state.status ?? 'active'
  if (failure !== undefined) {
    const isKnown = from === 'failed' && canonical(failure as unknown as JsonObject) === state.failure
    if (!isKnown) recorder.record({ type: 'WorkflowFailed', data: { failure, from } })
  } else if (status !== from && status !== 'failed') recorder.record({ type: typeOf[status], data: { from } })
}

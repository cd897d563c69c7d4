import { groupBy, present } from '../json.js'
import { errorEntry, inOrder } from './errors.js'
import { factOf } from './facts.js'
import { givesUp, type Item, itemOf } from './item.js'
import { merged } from './merge.js'
import { isSave, type Told } from './message.js'
import { last, type Plan, planOf } from './plan.js'
import { type Row, rowsOf, summedUp } from './rows.js'
import { doneOf, doneOutside, type Subject, stagesDoneBy, subjectOf, unresolved } from './subject.js'
import { earliest, isoOf, latest } from './time.js'

export type Status = 'active' | 'completed' | 'failed'

export interface WorkflowDocument {
  readonly batchId: string | undefined
  readonly locationId: string
  readonly status: Status
  readonly errorCount: number
  readonly [field: string]: unknown
}

export interface Workflow {
  readonly items: readonly Item[]
  readonly rows: readonly Row[]
  readonly document: WorkflowDocument
}

const isBehind = (item: Item, stage: string): boolean => item.finished || item.subject.done.has(stage)

const statusOf = (said: boolean, batch: Subject, items: readonly Item[], plan: Plan): Status => {
  if (said) return 'completed'
  if (unresolved(batch).length > 0) return 'failed'
  const all = plan.batch.every(stage => batch.done.has(stage)) && items.every(({ finished }) => finished)
  return all ? 'completed' : 'active'
}

const progressOf = (status: Status, batch: Subject, items: readonly Item[], plan: Plan): number => {
  if (status === 'completed') return 100
  const batchDone = doneOf(batch, plan.batch).length
  const itemDone = items.flatMap(item => plan.item.filter(stage => isBehind(item, stage))).length
  const stages = plan.batch.length + plan.item.length
  const count = Math.max(items.length, 1)
  return Math.min(99, Math.floor((100 * (batchDone * count + itemDone)) / (count * stages)))
}

const currentStageOf = (status: Status, batch: Subject, items: readonly Item[], plan: Plan): string => {
  const missing = plan.batch.find(stage => !batch.done.has(stage))
  if (missing === undefined && items.length === 0) return plan.item[0] ?? ''
  if (status === 'completed') return last(plan.item)
  const lacking = plan.item.find(stage => items.some(item => !isBehind(item, stage)))
  return missing ?? lacking ?? last(plan.item)
}

const completedStagesOf = (batch: Subject, items: readonly Item[], plan: Plan): readonly string[] => {
  const done = doneOf(batch, plan.batch)
  const count = done.length === plan.batch.length && items.length > 0
  const behind = count ? plan.item.filter(stage => items.every(item => isBehind(item, stage))) : []
  return [...done, ...behind, ...doneOutside(batch, plan)]
}

/** Whether it told that something is complete: a stage, an item, or all. */
const tellsCompletion = (told: Told): boolean =>
  told.type === 'workflow_complete' ||
  told.type === 'stage_complete' ||
  givesUp(told) ||
  (isSave(told) && stagesDoneBy(told).length > 0)

/** A workflow from all messages of one batch. */
export const workflowOf = (tolds: readonly Told[]): Workflow => {
  const plan = planOf(tolds)
  const contexts = tolds.filter(({ itemId }) => itemId === undefined)
  const batch = subjectOf(contexts, plan)
  const byItem = groupBy(
    tolds.flatMap(told => [...new Set([told.itemId, told.foundId])].map(itemId => ({ itemId, told }))),
    ({ itemId }) => itemId,
  )
  const items = [...byItem].map(([itemId, group]) =>
    itemOf(
      itemId,
      group.map(({ told }) => told),
      plan,
    ),
  )
  const said = contexts.some(({ type }) => type === 'workflow_complete')
  const status = statusOf(said, batch, items, plan)
  const failures = unresolved(batch)
  const failure = status === 'failed' ? inOrder(failures).at(-1) : undefined
  const rows = [
    ...rowsOf(batch, new Set(failures.map(({ stage }) => stage)), plan.item),
    ...items.flatMap(item => item.rows),
  ]
  const errors = [...batch.errors, ...items.flatMap(({ subject }) => subject.errors)]
  const times = tolds.map(({ at }) => at)
  const completions = tolds.filter(tellsCompletion).map(({ at }) => at)
  const count = (counts: (item: Item) => boolean): number => items.filter(counts).length
  const shared = present({
    batchId: tolds[0]?.batchId,
    locationId: tolds[0]?.locationId ?? '',
    locationName: factOf('locationName', tolds),
    countryCode: factOf('countryCode', tolds),
    completedStages: completedStagesOf(batch, items, plan),
  })
  const currentStage = currentStageOf(status, batch, items, plan)
  const batchErrors = inOrder(batch.errors).slice(-100)
  return {
    items,
    rows,
    document: present({
      ...shared,
      status,
      currentStage,
      createdAt: isoOf(earliest(times)),
      updatedAt: isoOf(latest(times)),
      context: present({
        ...batch.fields,
        ...shared,
        stage: currentStage,
        timestamp: isoOf(latest(contexts.map(({ at }) => at))),
        metadata: merged(
          contexts.map(({ at, metadata, results }) => ({ at, value: { ...metadata, ...results } })),
        ),
        errors: batchErrors.length === 0 ? undefined : batchErrors.map(error => errorEntry(error)),
      }),
      progress: progressOf(status, batch, items, plan),
      items: {
        found: items.length,
        finished: count(({ finished }) => finished),
        failing: count(({ failing }) => failing),
        givenUp: count(({ givenUp }) => givenUp),
      },
      stages: summedUp(rows, plan),
      errorCount: errors.length,
      errors: inOrder(errors)
        .slice(-100)
        .map(error => errorEntry(error, error.itemId)),
      completedAt: status === 'completed' ? isoOf(latest(completions)) : undefined,
      failedAt: failure && isoOf(failure.at),
      failure: failure && errorEntry(failure),
      resumes: 0,
    }),
  }
}

import { type JsonObject, objectOf, present, textOf, without } from '../json.js'
import { errorEntry, inOrder } from './errors.js'
import { latestOf, merged } from './merge.js'
import type { Told } from './message.js'
import { last, type Plan } from './plan.js'
import { type Row, rowsOf, summedUp } from './rows.js'
import { doneOf, doneOutside, type Subject, subjectOf, unresolved } from './subject.js'
import { earliest, isoOf, latest } from './time.js'

export interface Item {
  readonly itemId: string
  readonly subject: Subject
  readonly finished: boolean
  readonly givenUp: boolean
  readonly failing: boolean
  readonly rows: readonly Row[]
  readonly document: MediaDocument
}

export interface MediaDocument {
  readonly batchId: string | undefined
  readonly locationId: string
  readonly itemId: string
  readonly itemType?: string | undefined
  readonly metadata: JsonObject
  readonly errorCount: number
  readonly [field: string]: unknown
}

/** What an item's context has of its batch, copied. */
const copied = ['inputQueries', 'queries', 'generatedQueries']

/** What one message says of the item's metadata; results and what came with the finding win over the context. */
const metadataBy = (told: Told, itemId: string): JsonObject => ({
  ...(told.itemId === itemId ? without(told.metadata, copied) : {}),
  ...(told.foundId === itemId ? without(told.payload, ['itemId', 'itemUrl', 'itemType']) : {}),
  ...told.results,
})

const withMediaInfo = (metadata: JsonObject): JsonObject => {
  const { duration, size } = objectOf(metadata.mediaInfo)
  return { ...(duration !== undefined && { duration }), ...(size !== undefined && { size }), ...metadata }
}

const named = (tolds: readonly Told[], itemId: string, name: 'itemUrl' | 'itemType'): string | undefined =>
  latestOf(
    tolds.flatMap(({ at, payload, context, ...told }) => {
      const found = told.foundId === itemId ? textOf(payload[name]) : undefined
      const value = found ?? (told.itemId === itemId ? textOf(context[name]) : undefined)
      return value === undefined ? [] : [{ at, value }]
    }),
  )

export const givesUp = ({ type, itemId, payload }: Told): boolean =>
  type === 'error' && itemId !== undefined && payload.fatal === true

/** An item, from the messages whose contexts are its own and those that found it. */
export const itemOf = (itemId: string, tolds: readonly Told[], plan: Plan): Item => {
  const own = tolds.filter(told => told.itemId === itemId)
  const subject = subjectOf(own, plan)
  const { done, errors, fields } = subject
  const isDone = done.has(last(plan.item)) || own.some(({ type }) => type === 'workflow_complete')
  const givenUp = !isDone && own.some(givesUp)
  const finished = isDone || givenUp
  const failing = new Set(finished ? [] : unresolved(subject).map(({ stage }) => stage))
  const rows = rowsOf(subject, failing, plan.batch)
  const times = tolds.map(({ at }) => at)
  const stagesDone = [...doneOf(subject, plan.item), ...doneOutside(subject, plan)]
  const lacking = plan.item.find(stage => !done.has(stage))
  return {
    itemId,
    subject,
    finished,
    givenUp,
    failing: failing.size > 0,
    rows,
    document: present({
      batchId: tolds[0]?.batchId,
      locationId: tolds[0]?.locationId ?? '',
      itemId,
      itemUrl: named(tolds, itemId, 'itemUrl'),
      itemType: named(tolds, itemId, 'itemType'),
      createdAt: isoOf(earliest(times)),
      updatedAt: isoOf(latest(times)),
      processedAt: isoOf(
        latest(stagesDone.map(stage => done.get(stage) ?? Infinity).filter(Number.isFinite)),
      ),
      status: isDone ? 'completed' : givenUp ? 'failed' : 'active',
      currentStage: finished ? last(plan.item) : (lacking ?? last(plan.item)),
      completedStages: stagesDone,
      metadata: withMediaInfo(merged(tolds.map(told => ({ at: told.at, value: metadataBy(told, itemId) })))),
      fields: Object.keys(fields).length === 0 ? undefined : fields,
      stages: summedUp(rows, plan),
      errorCount: errors.length,
      errors: inOrder(errors)
        .slice(-100)
        .map(error => errorEntry(error)),
    }),
  }
}

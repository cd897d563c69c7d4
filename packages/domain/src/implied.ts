import type { Change } from './counts.js'
import type { CrawlEvent } from './events.js'
import type { Plan } from './plan.js'

/** The type under which an item counts. */
export const countedType = (itemType: string | undefined): 'video' | 'image' | 'post' | 'other' =>
  itemType === 'video' || itemType === 'image' || itemType === 'post' ? itemType : 'other'

const nothing: Change = {}

const ofStage = (
  {
    stage,
    itemId,
    durationMs = 0,
    sizeBytes = 0,
    aside,
    done,
  }: Extract<CrawlEvent, { type: 'StageCompleted' }>['data'],
  { item }: Plan,
): Change => {
  if (aside === true || done !== undefined) return nothing
  const row = {
    completed: 1,
    ...(durationMs === 0 ? {} : { durationMs }),
    ...(sizeBytes === 0 ? {} : { sizeBytes }),
    stage,
  }
  if (itemId === undefined || !item.includes(stage)) return { rows: [row] }
  return { behind: [{ items: 1, stage }], ...(stage === item.at(-1) ? { finished: 1 } : {}), rows: [row] }
}

/**
 * What an event counts by itself, so that the usual message needs no event of its own for its counts. Where that is not
 * all, as when a stage is done of an item that was given up, `CountsChanged` makes up the difference.
 */
export const impliedBy = (event: CrawlEvent, plan: Plan): Change => {
  if (event.type === 'CountsChanged')
    return event.isLifted === true ? withFinished(event.data.change, plan) : event.data.change
  if (event.type === 'Recounted') return event.data.change
  // 0.1 counted by events of its own.
  if (event.isLifted === true) return nothing
  switch (event.type) {
    case 'ItemFound':
      return { found: 1, types: { [countedType(event.data.itemType)]: 1 } }
    case 'StageCompleted':
      return ofStage(event.data, plan)
    case 'ErrorRecorded': {
      const { stage, again, aside } = event.data
      return again === true || aside === true ? nothing : { errors: 1, rows: [{ errors: 1, stage }] }
    }
    case 'StageClaimed':
      return event.data.renewed ? nothing : { rows: [{ claimed: 1, stage: event.data.stage }] }
    case 'StageReleased':
      return { rows: [{ claimed: -1, stage: event.data.stage }] }
    default:
      return nothing
  }
}

/** 0.1 knew of no finished items: who has the last stage behind it is one. */
const withFinished = (change: Change, { item }: Plan): Change => {
  const last = change.behind?.find(({ stage }) => stage === item.at(-1))
  return last === undefined ? change : { ...change, finished: (change.finished ?? 0) + last.items }
}

/** The time at which an event tells something complete, ISO. */
export const completionIn = (event: CrawlEvent): string | undefined => {
  switch (event.type) {
    case 'CountsChanged':
      return event.data.completedAt
    case 'StageCompleted':
      return event.data.listed === true ? undefined : event.at
    case 'CompletionReported':
    case 'ItemGivenUp':
      return event.at
    default:
      return undefined
  }
}

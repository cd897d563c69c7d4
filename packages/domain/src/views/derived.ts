import { byText, defaultPlan, type Plan, partOf } from '../plan.js'
import type { Body } from './workflows.js'

// What of a workflow's document follows from the rest of it, by rules 5 to 7.

const behindOf = ({ _behind }: Body, stage: string): number =>
  _behind.find(row => row.stage === stage)?.items ?? 0

/** By rule 7. Without items the first item stage is shown when those of the batch are done. */
const stageNow = (body: Body, { batch, item }: Plan): string => {
  const { status, items, _told } = body
  const open = batch.find(stage => !_told.includes(stage))
  const first = item[0] ?? ''
  const last = item.at(-1) ?? ''
  if (open === undefined && items.found === 0) return first
  if (status === 'completed') return last
  return open ?? item.find(stage => behindOf(body, stage) < items.found) ?? last
}

/** By rule 6, in integers. */
const progressNow = (body: Body, { batch, item }: Plan): number => {
  const { status, items, _told } = body
  if (status === 'completed') return 100
  const done = batch.filter(stage => _told.includes(stage)).length
  const n = Math.max(1, items.found)
  const sum = item.reduce((all, stage) => all + behindOf(body, stage), 0)
  return Math.min(99, Math.floor((100 * (done * n + sum)) / (n * (batch.length + item.length))))
}

const completedNow = (body: Body, plan: Plan): readonly string[] => {
  const { items, _told } = body
  const batch = plan.batch.filter(stage => _told.includes(stage))
  const isOver = batch.length === plan.batch.length && items.found > 0
  const item = isOver ? plan.item.filter(stage => behindOf(body, stage) === items.found) : []
  const others = _told.filter(stage => partOf(plan, stage) === 'outside').toSorted(byText)
  return [...batch, ...item, ...others]
}

/** The body with what is derived from the rest of it. */
export const derived = (body: Body): Body => {
  const plan = body._plan ?? defaultPlan
  const currentStage = stageNow(body, plan)
  const completedStages = completedNow(body, plan)
  const { completedAt: _, failedAt: _at, failure, ...rest } = body
  return {
    ...rest,
    currentStage,
    completedStages,
    progress: progressNow(body, plan),
    context: { ...body.context, stage: currentStage, completedStages },
    ...(body.status === 'completed' && body._completedAt !== undefined
      ? { completedAt: body._completedAt }
      : {}),
    ...(body.status === 'failed' && failure !== undefined ? { failure } : {}),
    ...(body.status === 'failed' && failure?.timestamp !== undefined ? { failedAt: failure.timestamp } : {}),
  }
}

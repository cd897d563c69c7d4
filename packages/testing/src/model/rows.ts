import { groupBy } from '../json.js'
import type { Plan } from './plan.js'
import type { Subject } from './subject.js'

export interface Row {
  readonly stage: string
  readonly completed: number
  readonly failing: number
  readonly claimed: number
  readonly errors: number
  readonly durationMs: number
  readonly sizeBytes: number
}

/** One subject's part of the rows; stages of the other scope count in none. */
export const rowsOf = (
  subject: Subject,
  failing: ReadonlySet<string>,
  otherScope: readonly string[],
): readonly Row[] => {
  const { done, errors, durationMs, sizeBytes } = subject
  const stages = new Set([
    ...done.keys(),
    ...errors.map(({ stage }) => stage),
    ...durationMs.keys(),
    ...sizeBytes.keys(),
  ])
  return [...stages]
    .filter(stage => !otherScope.includes(stage))
    .map(stage => ({
      stage,
      completed: done.has(stage) ? 1 : 0,
      failing: failing.has(stage) ? 1 : 0,
      claimed: 0,
      errors: errors.filter(error => error.stage === stage).length,
      durationMs: durationMs.get(stage) ?? 0,
      sizeBytes: sizeBytes.get(stage) ?? 0,
    }))
}

const sum = (a: Row, b: Row): Row => ({
  stage: a.stage,
  completed: a.completed + b.completed,
  failing: a.failing + b.failing,
  claimed: a.claimed + b.claimed,
  errors: a.errors + b.errors,
  durationMs: a.durationMs + b.durationMs,
  sizeBytes: a.sizeBytes + b.sizeBytes,
})

/** Rows of many summed up stage by stage, in the plan's order and then by name; empty ones are left out. */
export const summedUp = (rows: readonly Row[], plan: Plan): readonly Row[] => {
  const sums = new Map(
    [...groupBy(rows, ({ stage }) => stage)].map(([stage, group]) => [stage, group.reduce(sum)]),
  )
  const order = [...new Set([...plan.batch, ...plan.item, ...[...sums.keys()].sort()])]
  return order
    .map(stage => sums.get(stage))
    .filter(row => row !== undefined)
    .filter(({ stage: _, ...figures }) => Object.values(figures).some(figure => figure !== 0))
}

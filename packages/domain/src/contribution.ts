import type { Change, StageRow } from './counts.js'
import type { ErrorData } from './events.js'
import { countedType } from './implied.js'
import { byTimeOfError } from './known-error.js'
import { countsFor, type Plan, partOf } from './plan.js'
import type { SubjectState } from './subject.js'

// What a batch or an item comes to by a plan: what it is failing in, whether it is finished, what it counts.

/** An entry of an item's context whose stage is the batch's is the batch's error, copied. */
export const isCopied = (plan: Plan, isItem: boolean, stage: string): boolean =>
  isItem && partOf(plan, stage) === 'batch'

/** Whether the item's last stage is done, or it was said to be complete. */
export const isDone = ({ stages, isComplete }: SubjectState, plan: Plan): boolean =>
  isComplete || stages.has(plan.item.at(-1) ?? '')

/** Whether nothing more happens to the item. */
export const isFinished = (item: SubjectState, plan: Plan): boolean => item.isGivenUp || isDone(item, plan)

/** The stages that a batch or an item is failing in: a failure of them is neither resolved nor retried. */
export const failingStages = (subject: SubjectState, plan: Plan, isItem: boolean): ReadonlySet<string> => {
  const failing = new Set<string>()
  if (subject.errors.size === 0 || (isItem && isFinished(subject, plan))) return failing
  for (const stage of subject.errors.stages())
    if (!subject.stages.has(stage) && subject.errors.isFailing(stage, isCopied(plan, isItem, stage)))
      failing.add(stage)
  return failing
}

/** How often a stage has failed. */
export const failuresOf = ({ errors }: SubjectState, stage: string): number => errors.failed(stage)

const typeOf = ({ fields }: SubjectState): ReturnType<typeof countedType> => {
  const text = fields.get('itemType')?.text
  return countedType(text === undefined ? undefined : (JSON.parse(text) as string))
}

type Row = { -readonly [F in keyof StageRow]?: StageRow[F] }

const rowsOf = (
  subject: SubjectState,
  plan: Plan,
  isItem: boolean,
): { rows: Change['rows']; errors: number } => {
  const rows = new Map<string, Row>()
  const row = (stage: string): Row => {
    const known = rows.get(stage) ?? {}
    rows.set(stage, known)
    return known
  }
  for (const [stage, { durationMs = 0, sizeBytes = 0 }] of subject.stages)
    if (countsFor(plan, stage, isItem)) Object.assign(row(stage), { completed: 1, durationMs, sizeBytes })
  let errors = 0
  for (const stage of subject.errors.stages()) {
    const count = subject.errors.counting(stage, isCopied(plan, isItem, stage))
    errors += count
    if (count > 0 && countsFor(plan, stage, isItem)) row(stage).errors = count
  }
  for (const stage of failingStages(subject, plan, isItem))
    if (countsFor(plan, stage, isItem)) row(stage).failing = 1
  return { rows: [...rows].map(([stage, figures]) => ({ ...figures, stage })), errors }
}

/** What a batch or an item counts in all, by a plan. */
export const contributionOf = (subject: SubjectState, plan: Plan, isItem: boolean): Change => {
  const { rows, errors } = rowsOf(subject, plan, isItem)
  const own = { errors, ...(rows === undefined ? {} : { rows }) }
  if (!isItem) return own
  const isOver = isFinished(subject, plan)
  return {
    ...own,
    found: 1,
    finished: isOver ? 1 : 0,
    failing: failingStages(subject, plan, true).size > 0 ? 1 : 0,
    givenUp: subject.isGivenUp && !isDone(subject, plan) ? 1 : 0,
    behind: plan.item
      .filter(stage => isOver || subject.stages.has(stage))
      .map(stage => ({ stage, items: 1 })),
    types: { [typeOf(subject)]: 1 },
  }
}

/** The latest failure of a batch that is unresolved. */
export const failureOf = ({ errors, stages }: SubjectState): ErrorData | undefined => {
  let latest: ErrorData | undefined
  for (const stage of errors.stages()) {
    const failure = stages.has(stage) ? undefined : errors.latestFailure(stage)
    if (failure !== undefined && (latest === undefined || byTimeOfError(failure, latest) > 0))
      latest = failure
  }
  return latest
}

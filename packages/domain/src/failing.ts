import { failingStages, failuresOf, isCopied } from './contribution.js'
import type { ErrorData } from './events.js'
import { byTimeOfError, countingSide, errorData, isFailing } from './known-error.js'
import { planIn, type WorkflowState } from './state.js'
import { newSubject } from './subject.js'

/** A stage that has failed and was neither done nor retried. */
export interface FailingStage {
  readonly stage: string
  /** How often it has failed. */
  readonly attempt: number
  /** The last failure, as it was told. */
  readonly error: ErrorData | undefined
}

/** The stages that an item, or without an id the batch, is failing in. */
export const failingIn = (state: WorkflowState, itemId: string | undefined): readonly FailingStage[] => {
  const plan = planIn(state)
  const isItem = itemId !== undefined
  const subject = isItem ? (state.items.get(itemId) ?? newSubject) : state.batch
  return [...failingStages(subject, plan, isItem)].map(stage => {
    const errors = [...subject.errors.values()].flatMap(error => {
      const copied = isCopied(plan, isItem, error.stage)
      const side = countingSide(error, copied)
      return error.stage === stage && side !== undefined && isFailing(error, copied)
        ? [errorData(error, side)]
        : []
    })
    return { stage, attempt: failuresOf(subject, stage), error: errors.sort(byTimeOfError).at(-1) }
  })
}

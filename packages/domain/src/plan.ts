import { Id } from './codecs.js'
import { canonical, isObject, type Json, type JsonObject } from './json.js'

/** Which stages a workflow goes through: those of the batch, then those of each item. */
export interface Plan {
  readonly batch: readonly string[]
  readonly item: readonly string[]
}

/** The six stages of Social Crawl. */
export const defaultPlan: Plan = {
  batch: ['find-location', 'control', 'crawl-media'],
  item: ['prep-media', 'analyse-media', 'enrich-venue'],
}

/** A plan that a workflow has of its own, with what decides between several. */
export interface ChosenPlan {
  readonly plan: Plan
  /** The instant of the context that told it. */
  readonly at: number
  readonly text: string
}

/** How many stages a plan has at most. Documents hold it whole, and each question walks over it. */
export const stagesInPlan = 200

const isStages = (value: Json | undefined): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every(stage => Id.is(stage))

/** `metadata.plan` as a plan; undefined where a part is empty, a stage is there twice, or there are more than 200. */
export const planOf = (value: Json | undefined): Plan | undefined => {
  if (!isObject(value)) return undefined
  const { batch, item } = value
  if (!isStages(batch) || !isStages(item)) return undefined
  const all = [...batch, ...item]
  return all.length <= stagesInPlan && new Set(all).size === all.length ? { batch, item } : undefined
}

/** Of several plans the earliest counts; of those told at the same time the one with the larger text. */
export const isEarlier = (plan: ChosenPlan, known: ChosenPlan | undefined): boolean =>
  known === undefined || plan.at < known.at || (plan.at === known.at && plan.text > known.text)

export const textOfPlan = (plan: Plan): string => canonical(plan as unknown as JsonObject)

export type StagePart = 'batch' | 'item' | 'outside'

export const partOf = ({ batch, item }: Plan, stage: string): StagePart =>
  batch.includes(stage) ? 'batch' : item.includes(stage) ? 'item' : 'outside'

/** Whether what is told of a stage counts for who tells it: a batch has no item stages, and an item none of the batch's. */
export const countsFor = (plan: Plan, stage: string, isItem: boolean): boolean =>
  partOf(plan, stage) !== (isItem ? 'batch' : 'item')

/** Text compared by UTF-16 code units, as everywhere in the rules. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Stages in the plan's order, others after them as text. */
export const byPlan =
  ({ batch, item }: Plan) =>
  (a: string, b: string): number => {
    const all = [...batch, ...item]
    const [i, j] = [all.indexOf(a), all.indexOf(b)]
    if (i >= 0 && j >= 0) return i - j
    return i >= 0 ? -1 : j >= 0 ? 1 : byText(a, b)
  }

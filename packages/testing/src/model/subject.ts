import { groupBy, type JsonObject, listOf, objectOf, textOf, type Value, without } from '../json.js'
import { errorsOf, type KnownError } from './errors.js'
import { merged } from './merge.js'
import type { Told } from './message.js'
import type { Plan } from './plan.js'
import { earliest } from './time.js'

/** What is known of a batch, or of one item, from the contexts that are its own. */
export interface Subject {
  /** Each stage told done, with the earliest time (infinite: none was readable). */
  readonly done: ReadonlyMap<string, number>
  readonly errors: readonly KnownError[]
  readonly durationMs: ReadonlyMap<string, number>
  readonly sizeBytes: ReadonlyMap<string, number>
  readonly fields: JsonObject
}

const knownFields = [
  'batchId',
  'locationId',
  'locationName',
  'countryCode',
  'stage',
  'timestamp',
  'itemId',
  'itemUrl',
  'itemType',
  'completedStages',
  'metadata',
  'errors',
]

export const stagesDoneBy = ({ type, context }: Told): readonly string[] =>
  [...listOf(context.completedStages), ...(type === 'stage_complete' ? [context.stage] : [])]
    .map(textOf)
    .filter(stage => stage !== undefined)

const amount = (value: Value): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? Math.min(value, Number.MAX_SAFE_INTEGER)
    : undefined

/** Of each stage the largest figure that results brought, as a whole number. */
const largestOf = (
  tolds: readonly Told[],
  figureOf: (results: JsonObject) => number | undefined,
): Map<string, number> => {
  const largest = new Map<string, number>()
  for (const { context, results } of tolds) {
    const figure = figureOf(results)
    const stage = textOf(context.stage)
    if (figure === undefined || stage === undefined) continue
    largest.set(stage, Math.max(largest.get(stage) ?? 0, Math.round(figure)))
  }
  return largest
}

export const subjectOf = (tolds: readonly Told[], plan: Plan): Subject => {
  const done = groupBy(
    tolds.flatMap(told => stagesDoneBy(told).map(stage => ({ stage, at: told.at }))),
    ({ stage }) => stage,
  )
  return {
    done: new Map([...done].map(([stage, tellings]) => [stage, earliest(tellings.map(({ at }) => at))])),
    errors: errorsOf(tolds, plan),
    durationMs: largestOf(
      tolds,
      ({ processingTime, durationMs }) => amount(processingTime) ?? amount(durationMs),
    ),
    sizeBytes: largestOf(tolds, ({ mediaInfo, size }) => amount(objectOf(mediaInfo).size) ?? amount(size)),
    fields: merged(tolds.map(({ at, context }) => ({ at, value: without(context, knownFields) }))),
  }
}

/** Failures that nothing resolved: the stage was never told done. */
export const unresolved = ({ errors, done }: Subject): readonly KnownError[] =>
  errors.filter(({ fails, stage }) => fails && !done.has(stage))

/** The stages of a part that are done, in its order. */
export const doneOf = ({ done }: Subject, part: readonly string[]): readonly string[] =>
  part.filter(stage => done.has(stage))

/** The stages done that the plan does not have. */
export const doneOutside = ({ done }: Subject, plan: Plan): readonly string[] =>
  [...done.keys()].filter(stage => ![...plan.batch, ...plan.item].includes(stage)).sort()

import { isCopied } from './contribution.js'
import { defined } from './defined.js'
import type { ContextData, EventData } from './events.js'
import { canonical, type Json, type JsonObject, put, sorted } from './json.js'
import { countingSide, type ErrorSide, errorData, errorKey, joinSides, withTold } from './known-error.js'
import type { PersistentMap } from './persistent-map.js'
import { countsFor, type Plan } from './plan.js'
import { noTime, timeField } from './reading.js'
import { fieldsIn, type KnownValue, type SubjectState } from './subject.js'
import type { Said, Telling } from './telling.js'
import type { ToldError } from './told-errors.js'

// A context is compared with what is known of its subject, and only what is new is recorded.

const isLater = (value: KnownValue, known: KnownValue): boolean =>
  value.at > known.at || (value.at === known.at && value.text > known.text)

interface News {
  /** What won; undefined where nothing did. */
  readonly values: JsonObject | undefined
  readonly again: readonly string[]
  /** How many of what is known were told something else that won. */
  readonly replaced: number
}

/** What of these values is new, and what is known and told again, later. */
const newsOf = (known: PersistentMap<KnownValue>, told: JsonObject | undefined, at: number): News => {
  let values: Record<string, Json> | undefined
  const again: string[] = []
  let replaced = 0
  for (const name in told) {
    const value = told[name] as Json
    const before = known.get(name)
    const text = canonical(value)
    if (text === before?.text) {
      if (at > before.at) again.push(name)
      continue
    }
    if (before !== undefined && !isLater({ at, text }, before)) continue
    if (before !== undefined) replaced += 1
    values ??= {}
    put(values, name, value)
  }
  return { values: values && sorted(values), again, replaced }
}

const prefixed = (prefix: string, names: readonly string[]): readonly string[] =>
  names.map(name => `${prefix}.${name}`)

/** All that is known, where that was told again but for what is new. */
const againIn = (subject: SubjectState, metadata: News, fields: News): ContextData['again'] => {
  const count = metadata.again.length + fields.again.length
  if (count === 0) return undefined
  const known = subject.metadata.size + subject.fields.size
  if (count > 1 && count + metadata.replaced + fields.replaced === known) return '*'
  return [...prefixed('context', fields.again), ...prefixed('metadata', metadata.again)]
}

/** Stages that are told done and were not, or not that early. */
export const newStages = (subject: SubjectState, stages: readonly string[], at: number): readonly string[] =>
  stages.filter(stage => {
    const known = subject.stages.get(stage)
    return known === undefined || (at !== noTime && at < known.at)
  })

/** What of a context is new, as its event tells it; undefined where that is nothing. */
export const contextNews = (
  subject: SubjectState,
  said: Said,
  at: number,
  plan: Plan,
  isItem: boolean,
): ContextData | undefined => {
  const metadata = newsOf(subject.metadata, said.metadata, at)
  const fields = newsOf(subject.fields, fieldsIn(said), at)
  const again = againIn(subject, metadata, fields)
  const stages = newStages(subject, said.stages, at).filter(stage => !countsFor(plan, stage, isItem))
  if (!again && !metadata.values && !fields.values && stages.length === 0) return undefined
  const { itemUrl, itemType, ...further } = fields.values ?? {}
  return defined({
    again,
    fields: Object.keys(further).length === 0 ? undefined : further,
    itemType: typeof itemType === 'string' ? itemType : undefined,
    itemUrl: typeof itemUrl === 'string' ? itemUrl : undefined,
    metadata: metadata.values,
    stages: stages.length === 0 ? undefined : stages,
  })
}

/** Whether a context's time is earlier or later than all that are known. */
export const isNewTime = ({ first, last }: SubjectState, at: number): boolean =>
  at !== noTime && (at < first || at > last)

/** What is new of a stage that is reported done; undefined where that is nothing. */
export const doneNews = (
  subject: SubjectState,
  { stage, durationMs, sizeBytes }: NonNullable<Telling['done']>,
  at: number,
): EventData['StageCompleted'] | undefined => {
  const known = subject.stages.get(stage)
  const duration = durationMs !== undefined && durationMs > (known?.durationMs ?? 0) ? durationMs : undefined
  const size = sizeBytes !== undefined && sizeBytes > (known?.sizeBytes ?? 0) ? sizeBytes : undefined
  const isEarlier = newStages(subject, [stage], at).length > 0
  if (!isEarlier && duration === undefined && size === undefined) return undefined
  const done = known === undefined ? undefined : ('before' as const)
  return defined({ done, durationMs: duration, sizeBytes: size, stage })
}

const isSame = (a: ErrorSide | undefined, b: ErrorSide): boolean =>
  a !== undefined &&
  a.fatal === b.fatal &&
  a.fails === b.fails &&
  canonical(a.more ?? {}) === canonical(b.more ?? {})

/** What is new of an error that is told; undefined where that is nothing. */
export const errorNews = (
  subject: SubjectState,
  told: ToldError,
  plan: Plan,
  isItem: boolean,
): EventData['ErrorRecorded'] | undefined => {
  const { stage, text, at, fatal, more, isOwn, fails } = told
  const known = subject.errors.get(errorKey(stage, text, at))
  const side = defined({ fatal, more: Object.keys(more).length === 0 ? undefined : more, fails })
  const before = isOwn ? known?.own : known?.listed
  // What an item's error message reports counts whatever the plan; else it is enough that the error is known.
  const enough = known === undefined || (isOwn && isItem) ? before : countingSide(known, false)
  if (isSame(enough, joinSides(enough, side))) return undefined
  const joined = joinSides(before, side)
  const copied = isCopied(plan, isItem, stage)
  const data: EventData['ErrorRecorded'] = defined({
    error: text,
    fails: joined.fails ? (true as const) : undefined,
    fatal: joined.fatal,
    listed: isOwn ? undefined : (true as const),
    more: joined.more,
    stage,
    ...timeField('timestamp', at),
  })
  const after = withTold(known, data)
  const counting = countingSide(after, copied)
  if (counting === undefined) return { aside: true, ...data }
  const merged = errorData(after, counting)
  const own = errorData(after, joined)
  const again = known !== undefined && countingSide(known, copied) !== undefined
  const isOwnAll = canonical(merged as unknown as JsonObject) === canonical(own as unknown as JsonObject)
  return defined({
    again: again ? (true as const) : undefined,
    merged: isOwnAll ? undefined : merged,
    ...data,
  })
}

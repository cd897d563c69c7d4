import type { ContextData, EventData } from './events.js'
import { canonical, type JsonObject } from './json.js'
import { countingSide, type ErrorSide, errorData, errorKey, joinSides, withTold } from './known-error.js'
import type { PersistentMap } from './persistent-map.js'
import { countsFor, type Plan } from './plan.js'
import { noTime, timeField } from './reading.js'
import { isCopied, type KnownValue, type SubjectState, valuesIn } from './subject.js'
import type { Said } from './telling.js'
import type { ToldError } from './told-errors.js'

// A context is compared with what is known of its subject, and only what is new is recorded.

const isLater = (value: KnownValue, known: KnownValue): boolean =>
  value.at > known.at || (value.at === known.at && value.text > known.text)

type Pick = (name: string) => boolean

/** Names of values that are new, and of known ones that are told again, later. */
const compare = (
  known: PersistentMap<KnownValue>,
  told: Said,
  at: number,
): { isNew: Pick; again: ContextData['again'] } => {
  const fresh = new Set<string>()
  const again: string[] = []
  let replaced = 0
  for (const [name, value] of valuesIn(told)) {
    const before = known.get(name)
    const text = canonical(value)
    if (before === undefined) fresh.add(name)
    else if (text === before.text) {
      if (at > before.at) again.push(name)
    } else if (isLater({ at, text }, before)) {
      fresh.add(name)
      replaced += 1
    }
  }
  const isAll = again.length > 1 && again.length + replaced === known.size
  return { isNew: name => fresh.has(name), again: isAll ? '*' : again }
}

const pick = (object: JsonObject, prefix: string, isNew: Pick): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => isNew(`${prefix}.${key}`)))

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
  const { isNew, again } = compare(subject.values, said, at)
  const metadata = pick(said.metadata, 'metadata', isNew)
  const fields = pick(said.fields, 'context', isNew)
  const stages = newStages(subject, said.stages, at).filter(stage => !countsFor(plan, stage, isItem))
  const { itemUrl, itemType } = said
  const data: ContextData = {
    ...(again === undefined || again.length === 0 ? {} : { again }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(itemType !== undefined && isNew('context.itemType') ? { itemType } : {}),
    ...(itemUrl !== undefined && isNew('context.itemUrl') ? { itemUrl } : {}),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(stages.length === 0 ? {} : { stages }),
  }
  return Object.keys(data).length === 0 ? undefined : data
}

/** Whether a context's time is earlier or later than all that are known. */
export const isNewTime = ({ first, last }: SubjectState, at: number): boolean =>
  at !== noTime && (at < first || at > last)

/** What is new of a stage that is reported done; undefined where that is nothing. */
export const doneNews = (
  subject: SubjectState,
  { stage, durationMs, sizeBytes }: NonNullable<import('./telling.js').Telling['done']>,
  at: number,
): EventData['StageCompleted'] | undefined => {
  const known = subject.stages.get(stage)
  const duration = durationMs !== undefined && durationMs > (known?.durationMs ?? 0) ? { durationMs } : {}
  const size = sizeBytes !== undefined && sizeBytes > (known?.sizeBytes ?? 0) ? { sizeBytes } : {}
  const isEarlier = newStages(subject, [stage], at).length > 0
  if (!isEarlier && Object.keys({ ...duration, ...size }).length === 0) return undefined
  return { ...duration, ...size, stage, ...(known === undefined ? {} : { done: 'before' }) }
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
  const side: ErrorSide = {
    ...(fatal === undefined ? {} : { fatal }),
    ...(Object.keys(more).length === 0 ? {} : { more }),
    fails,
  }
  const before = isOwn ? known?.own : known?.listed
  const joined = joinSides(before, side)
  if (isSame(before, joined)) return undefined
  const copied = isCopied(plan, isItem, stage)
  const data: EventData['ErrorRecorded'] = {
    error: text,
    ...(joined.fails ? { fails: true } : {}),
    ...(joined.fatal === undefined ? {} : { fatal: joined.fatal }),
    ...(isOwn ? {} : { listed: true }),
    ...(joined.more === undefined ? {} : { more: joined.more }),
    stage,
    ...timeField('timestamp', at),
  }
  const after = withTold(known, data)
  const counting = countingSide(after, copied)
  if (counting === undefined) return { ...data, aside: true }
  const merged = errorData(after, counting)
  const own = errorData(after, joined)
  return {
    ...data,
    ...(known !== undefined && countingSide(known, copied) !== undefined ? { again: true } : {}),
    ...(canonical(merged as unknown as JsonObject) === canonical(own as unknown as JsonObject)
      ? {}
      : { merged }),
  }
}

import { defined } from './defined.js'
import type { ContextData, CrawlEvent, EventData } from './events.js'
import { canonical, type Json, type JsonObject } from './json.js'
import { errorKey, withTold } from './known-error.js'
import { KnownErrors } from './known-errors.js'
import { PersistentMap } from './persistent-map.js'
import { noTime } from './reading.js'

/** A value that is known: its canonical text, and the instant that told it last. */
export interface KnownValue {
  readonly at: number
  readonly text: string
}

export interface KnownStage {
  /** The earliest instant that told it done; Infinity where none had a time. */
  readonly at: number
  readonly durationMs?: number
  readonly sizeBytes?: number
}

/** What deciding needs to know of a batch or of an item. */
export interface SubjectState {
  readonly metadata: PersistentMap<KnownValue>
  /** Fields of its contexts that no rule reads, and an item's address and type. */
  readonly fields: PersistentMap<KnownValue>
  /** Told done, whether it counts or not. */
  readonly stages: PersistentMap<KnownStage>
  readonly errors: KnownErrors
  /** The earliest and the latest instant of its contexts. */
  readonly first: number
  readonly last: number
  /** Said to be complete. */
  readonly isComplete: boolean
  readonly isGivenUp: boolean
}

export const newSubject: SubjectState = {
  metadata: PersistentMap.empty(),
  fields: PersistentMap.empty(),
  stages: PersistentMap.empty(),
  errors: KnownErrors.empty,
  first: Number.POSITIVE_INFINITY,
  last: noTime,
  isComplete: false,
  isGivenUp: false,
}

const withValues = (
  known: PersistentMap<KnownValue>,
  values: JsonObject | undefined,
  again: readonly string[],
  at: number,
): PersistentMap<KnownValue> => {
  let map = known
  for (const name of again) map = map.set(name, { at, text: known.get(name)?.text ?? '' })
  for (const name in values) map = map.set(name, { at, text: canonical(values[name] as Json) })
  return map
}

/** The names that were told again, of those with this prefix. */
const namesAgain = (
  { again = [] }: ContextData,
  prefix: string,
  known: PersistentMap<KnownValue>,
): readonly string[] => {
  if (again === '*') return [...known.keys()]
  return again.length === 0
    ? again
    : again.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length))
}

/** An item's address and type, with the fields that no rule reads. */
export const fieldsIn = ({ fields, itemUrl, itemType }: Partial<ContextData>): JsonObject | undefined => {
  if (itemUrl === undefined) return itemType === undefined ? fields : { itemType, ...fields }
  return itemType === undefined ? { itemUrl, ...fields } : { itemUrl, itemType, ...fields }
}

const withContext = (subject: SubjectState, data: ContextData, at: number): SubjectState => {
  const { metadata, fields } = subject
  return {
    ...subject,
    metadata: withValues(metadata, data.metadata, namesAgain(data, 'metadata.', metadata), at),
    fields: withValues(fields, fieldsIn(data), namesAgain(data, 'context.', fields), at),
    stages: (data.stages ?? []).reduce((all, stage) => withStage(all, { stage }, at), subject.stages),
  }
}

const withStage = (
  stages: PersistentMap<KnownStage>,
  { stage, durationMs, sizeBytes }: Pick<EventData['StageCompleted'], 'stage' | 'durationMs' | 'sizeBytes'>,
  at: number,
): PersistentMap<KnownStage> => {
  const known = stages.get(stage)
  const next = {
    at: Math.min(known?.at ?? Number.POSITIVE_INFINITY, at === noTime ? Number.POSITIVE_INFINITY : at),
    durationMs: durationMs ?? known?.durationMs,
    sizeBytes: sizeBytes ?? known?.sizeBytes,
  }
  return stages.set(stage, defined(next))
}

/** The subject with a context's time. */
export const withTime = (subject: SubjectState, at: number): SubjectState =>
  at === noTime || (at >= subject.first && at <= subject.last)
    ? subject
    : { ...subject, first: Math.min(subject.first, at), last: Math.max(subject.last, at) }

/** The subject with an event that is about it. */
export const evolveSubject = (before: SubjectState, event: CrawlEvent): SubjectState => {
  const at = event.at === undefined ? noTime : Date.parse(event.at)
  const subject = withTime(before, at)
  switch (event.type) {
    case 'ContextUpdated':
    case 'ItemFound':
      return withContext(subject, event.data, at)
    case 'StageCompleted': {
      const next = withContext(subject, event.data, at)
      return { ...next, stages: withStage(next.stages, event.data, at) }
    }
    case 'ErrorRecorded': {
      const { stage, error, timestamp } = event.data
      const key = errorKey(stage, error, timestamp === undefined ? noTime : Date.parse(timestamp))
      return { ...subject, errors: subject.errors.with(withTold(subject.errors.get(key), event.data)) }
    }
    case 'CompletionReported':
      return { ...subject, isComplete: true }
    case 'ItemGivenUp':
      return { ...subject, isGivenUp: true }
    case 'StageRetried':
      return { ...before, errors: before.errors.retried(event.data.stage), isComplete: false }
    case 'WorkflowResumed':
      return { ...before, errors: before.errors.retried(undefined) }
    default:
      return subject
  }
}

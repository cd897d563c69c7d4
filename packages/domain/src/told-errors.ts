import { Id } from './codecs.js'
import { canonical, isObject, type Json, type JsonObject } from './json.js'
import type { CrawlMessage, MessageType } from './messages.js'
import { noTime, timeIn, without } from './reading.js'

/** A failure as one message tells it. */
export interface ToldError {
  readonly stage: string
  readonly text: string
  /** Its own instant, or `noTime`. */
  readonly at: number
  readonly fatal?: boolean
  /** What else was said of it. */
  readonly more: JsonObject
  /** Told by an error message itself, and not by the list that a context carries. */
  readonly isOwn: boolean
  /** Whether its stage fails by it; else it is history. */
  readonly fails: boolean
}

const isSave = (type: MessageType): boolean => type.startsWith('save_')

/** An entry of a list is a value inside another: `null` stays in it. */
const lacking = (entry: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key)))

const listedErrors = ({ type, context }: CrawlMessage): readonly ToldError[] => {
  if (!Array.isArray(context.errors)) return []
  return context.errors.flatMap((entry: Json): ToldError[] => {
    if (!isObject(entry) || typeof entry.error !== 'string') return []
    const stage = Id.is(entry.stage) ? entry.stage : context.stage
    return [
      {
        stage: Id.is(stage) ? stage : '',
        text: entry.error,
        at: timeIn(entry.timestamp) ?? noTime,
        ...(typeof entry.fatal === 'boolean' ? { fatal: entry.fatal } : {}),
        more: lacking(entry, ['stage', 'error', 'timestamp', 'fatal']),
        isOwn: false,
        fails: type === 'error' || isSave(type),
      },
    ]
  })
}

/** The error that an error message reports. Its time is its own, or that of its entry in the context, or the context's. */
const reportedError = (
  { context, payload }: CrawlMessage,
  at: number,
  listed: readonly ToldError[],
): ToldError => {
  const told: JsonObject = isObject(payload) ? payload : { error: payload ?? null }
  const stage = Id.is(told.stage) ? told.stage : context.stage
  const text = typeof told.error === 'string' ? told.error : canonical(told.error ?? null)
  const error = { stage: Id.is(stage) ? stage : '', text }
  const entries = listed.filter(entry => entry.stage === error.stage && entry.text === text)
  const ofEntries = entries.length > 0 ? Math.max(...entries.map(entry => entry.at)) : at
  return {
    ...error,
    at: timeIn(told.timestamp) ?? ofEntries,
    ...(typeof told.fatal === 'boolean' ? { fatal: told.fatal } : {}),
    more: without(told, ['stage', 'error', 'timestamp', 'fatal']),
    isOwn: true,
    fails: true,
  }
}

/** All errors that a message tells: those that its context lists, and the one it reports. */
export const errorsIn = (message: CrawlMessage, at: number): readonly ToldError[] => {
  const listed = listedErrors(message)
  return message.type === 'error' ? [...listed, reportedError(message, at, listed)] : listed
}

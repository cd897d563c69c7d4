import type { ErrorData, EventData } from './events.js'
import { canonical, type JsonObject } from './json.js'
import { byText } from './plan.js'
import { noTime, timeField } from './reading.js'

/** What was told of an error from one side: by error messages, or by the lists of contexts. */
export interface ErrorSide {
  readonly fatal?: boolean
  readonly more?: JsonObject
  readonly fails: boolean
}

/** An error that is known, by its stage, text and time. */
export interface KnownError {
  readonly stage: string
  readonly error: string
  /** Its own instant, or `noTime`. */
  readonly at: number
  /** Reported by an error message. */
  readonly own?: ErrorSide
  /** Listed by a context. */
  readonly listed?: ErrorSide
  /** A command made its stage open again, so that it fails nothing any more. */
  readonly isRetried: boolean
}

export const errorKey = (stage: string, text: string, at: number): string =>
  JSON.stringify([stage, text, Number.isFinite(at) ? at : null])

const rank = (fatal: boolean | undefined): number => (fatal === undefined ? 0 : fatal ? 2 : 1)

const larger = (a: JsonObject | undefined, b: JsonObject | undefined): JsonObject | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  return canonical(a) >= canonical(b) ? a : b
}

/** Two tellings of one error: fatal beats not fatal beats unsaid, and of what else was said the larger text stays. */
export const joinSides = (a: ErrorSide | undefined, b: ErrorSide): ErrorSide => {
  if (a === undefined) return b
  const fatal = rank(a.fatal) >= rank(b.fatal) ? a.fatal : b.fatal
  const more = larger(a.more, b.more)
  return {
    ...(fatal === undefined ? {} : { fatal }),
    ...(more === undefined ? {} : { more }),
    fails: a.fails || b.fails,
  }
}

/** What counts of an error: all of it, or what error messages said where its list entries are copies; undefined: nothing. */
export const countingSide = ({ own, listed }: KnownError, isCopied: boolean): ErrorSide | undefined => {
  if (isCopied || listed === undefined) return own
  return joinSides(own, listed)
}

/** Whether its stage fails by it. */
export const isFailing = (error: KnownError, isCopied: boolean): boolean => {
  const side = countingSide(error, isCopied)
  return side?.fails === true && side.fatal !== false && !error.isRetried
}

/** Whether its stage ever failed by it: attempts count these. */
export const hasFailed = (error: KnownError): boolean =>
  (error.own?.fails === true && error.own.fatal !== false) ||
  (error.listed?.fails === true && error.listed.fatal !== false)

export const errorData = ({ stage, error, at }: KnownError, { fatal, more }: ErrorSide): ErrorData => ({
  error,
  ...(fatal === undefined ? {} : { fatal }),
  ...(more === undefined || Object.keys(more).length === 0 ? {} : { more }),
  stage,
  ...timeField('timestamp', at),
})

/** The error with what an event tells of it. */
export const withTold = (
  known: KnownError | undefined,
  { stage, error, timestamp, fatal, more, listed, fails }: EventData['ErrorRecorded'],
): KnownError => {
  const side: ErrorSide = {
    ...(fatal === undefined ? {} : { fatal }),
    ...(more === undefined ? {} : { more }),
    fails: fails === true,
  }
  const at = timestamp === undefined ? noTime : Date.parse(timestamp)
  const base = known ?? { stage, error, at, isRetried: false }
  return listed === true
    ? { ...base, listed: joinSides(base.listed, side) }
    : { ...base, own: joinSides(base.own, side) }
}

const instant = ({ timestamp }: ErrorData): number =>
  timestamp === undefined ? -Number.MAX_VALUE : Date.parse(timestamp)

/** Errors in the order of lists: by time, stage, text and item. Of long texts only the beginning and a fingerprint are compared. */
export const inList = (
  a: ErrorData & { readonly itemId?: string },
  textOfA: string,
  b: ErrorData & { readonly itemId?: string },
  textOfB: string,
): number =>
  instant(a) - instant(b) ||
  byText(a.stage, b.stage) ||
  byText(textOfA, textOfB) ||
  byText(a.itemId ?? '', b.itemId ?? '')

/** Errors in the order of the rules: by time, stage and text. */
export const byTimeOfError = (a: ErrorData, b: ErrorData): number => inList(a, a.error, b, b.error)

import { errorsKept } from '../consequences.js'
import type { CrawlEvent, ErrorData, EventData } from '../events.js'
import { inList } from '../known-error.js'

/** What a store keeps of a view: the key, and what compare-and-set compares. Fields that begin with `_` are our own notes. */
export interface ViewDocument {
  readonly _id: string
  /** The version of the projection that wrote it. */
  readonly v: number
  /** The last position of its partition that was folded into it. */
  readonly position: number
}

/** Where an event stands: what a fold may know of it besides its own data. */
export interface Place {
  readonly stream: string
  readonly position: number
  /** The version of the stream. */
  readonly version: number
  /** When the store took the commit, ISO. */
  readonly recordedAt: string
}

/** A value that may have to be cut when there are more beside it: what it takes, in bytes, and where in the log it is whole. */
export interface HeavyValue {
  readonly bytes: number
  readonly position: number
  readonly cut?: true
}

/** The heavy values of a document by the names that they have there. */
export type Heavy = { readonly [name: string]: HeavyValue }

/** What a document says of its own bounds. */
export interface Bounds {
  /** Of which parts something was left out, and the last position of the log that told such a thing. */
  readonly cut?: { readonly [P in 'metadata' | 'fields' | 'completedStages']?: { readonly position: number } }
  readonly _heavy?: { readonly [P in 'metadata' | 'fields']?: Heavy }
}

/** A failure in a list, with what else was told of it. */
export interface ListedError {
  readonly stage: string
  readonly error: string
  /** ISO; absent where it was told without a time. */
  readonly timestamp?: string
  /** In the list of a workflow, where it is an item's. */
  readonly itemId?: string
  readonly fatal?: boolean
  readonly [more: string]: unknown
}

type Errors = readonly ListedError[]

/** An error as lists show it: what else was told stands beside it, and no name of ours is overridden. */
export const listed = ({ more, ...error }: ErrorData & { readonly itemId?: string }): ListedError => ({
  ...more,
  ...error,
})

/** The error of an event, with all that was told of it. */
export const toldError = (
  { merged, ...data }: EventData['ErrorRecorded'],
  itemId: string | undefined,
): ListedError => {
  const { stage, error, timestamp, fatal, more } = merged ?? data
  return listed({
    error,
    ...(fatal === undefined ? {} : { fatal }),
    ...(itemId === undefined ? {} : { itemId }),
    ...(more === undefined ? {} : { more }),
    stage,
    ...(timestamp === undefined ? {} : { timestamp }),
  })
}

/** By what the text of an error is told from others: of one that may be cut, or of a whole one. */
export type Comparing = (text: string) => string

/** The list with an error, or with what is told anew of one; the last 100 by time, stage, text and item are kept. */
export const withError = (errors: Errors, error: ListedError, comparing: Comparing): Errors => {
  const text = comparing(error.error)
  const byTime = (other: ListedError): number => inList(error, text, other, comparing(other.error))
  let at = errors.length
  while (at > 0 && byTime(errors[at - 1] as ListedError) < 0) at -= 1
  const before = errors[at - 1]
  if (before !== undefined && byTime(before) === 0) return errors.with(at - 1, error)
  return errors.toSpliced(at, 0, error).slice(-errorsKept)
}

export interface Times {
  /** The earliest and the latest timestamp of its contexts, ISO; absent where no context had one. */
  readonly createdAt?: string
  readonly updatedAt?: string
}

/** Events that a context tells; the others follow from them, or from a command. */
const ofContexts: ReadonlySet<CrawlEvent['type']> = new Set<CrawlEvent['type']>([
  'ContextUpdated',
  'ItemFound',
  'StageCompleted',
  'ErrorRecorded',
  'CompletionReported',
  'ItemGivenUp',
  'ProgressReported',
  'LocationDescribed',
])

export const isLater = (a: string, b: string | undefined): boolean =>
  b === undefined || Date.parse(a) > Date.parse(b)

export const isEarlier = (a: string, b: string | undefined): boolean =>
  b === undefined || Date.parse(a) < Date.parse(b)

/** The times of a document with those of an event. */
export const timesWith = ({ createdAt, updatedAt }: Times, { type, at }: CrawlEvent): Times => {
  if (at === undefined || !ofContexts.has(type)) return {}
  return {
    ...(isEarlier(at, createdAt) ? { createdAt: at } : {}),
    ...(isLater(at, updatedAt) ? { updatedAt: at } : {}),
  }
}

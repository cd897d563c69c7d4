import { byText, canonical, groupBy, isObject, type JsonObject, listOf, textOf, without } from '../json.js'
import { isSave, type Told } from './message.js'
import type { Plan } from './plan.js'
import { instantOf, isoOf, latest } from './time.js'

export interface KnownError {
  readonly itemId: string | undefined
  readonly stage: string
  readonly text: string
  readonly at: number
  readonly fatal: boolean | undefined
  readonly fails: boolean
  readonly more: JsonObject
}

const named = ['error', 'stage', 'timestamp', 'fatal']

/** The entries of a context's own list. One without a time has none, and never its context's. */
const listed = (told: Told): readonly KnownError[] =>
  listOf(told.context.errors).flatMap(entry => {
    if (!isObject(entry) || typeof entry.error !== 'string') return []
    return [
      {
        itemId: told.itemId,
        stage: textOf(entry.stage) ?? textOf(told.context.stage) ?? '',
        text: entry.error,
        at: instantOf(entry.timestamp),
        fatal: typeof entry.fatal === 'boolean' ? entry.fatal : undefined,
        // Elsewhere the list is history.
        fails: told.type === 'error' || isSave(told),
        more: without(entry, named),
      },
    ]
  })

const ofMessage = (told: Told): KnownError => {
  const { payload, context } = told
  const stage = textOf(payload.stage) ?? textOf(context.stage) ?? ''
  const text = typeof payload.error === 'string' ? payload.error : canonical(payload.error ?? null)
  const own = instantOf(payload.timestamp)
  const same = listed(told).filter(entry => entry.stage === stage && entry.text === text)
  const otherwise = same.length > 0 ? latest(same.map(({ at }) => at)) : told.at
  return {
    itemId: told.itemId,
    stage,
    text,
    at: Number.isFinite(own) ? own : otherwise,
    fatal: typeof payload.fatal === 'boolean' ? payload.fatal : undefined,
    fails: true,
    more: without(payload, named),
  }
}

const tellingsOf = (told: Told, plan: Plan): readonly KnownError[] => [
  ...(told.type === 'error' ? [ofMessage(told)] : []),
  // An entry of a batch's stage in an item's context is the batch's, copied.
  ...listed(told).filter(({ stage }) => told.itemId === undefined || !plan.batch.includes(stage)),
]

/** The larger text stays, and the empty object is smaller than all. */
const largest = (a: JsonObject, b: JsonObject): JsonObject => {
  if (Object.keys(a).length === 0 || Object.keys(b).length === 0) return Object.keys(a).length === 0 ? b : a
  return canonical(b) > canonical(a) ? b : a
}

const joined = (a: KnownError, b: KnownError): KnownError => ({
  ...a,
  // true beats false beats absent
  fatal: a.fatal === true || b.fatal === true ? true : (a.fatal ?? b.fatal),
  fails: a.fails || b.fails,
  more: largest(a.more, b.more),
})

/** By time (none first), stage, text and item. */
export const inOrder = (errors: readonly KnownError[]): readonly KnownError[] =>
  [...errors].sort(
    (a, b) =>
      (a.at === b.at ? 0 : a.at - b.at) ||
      byText(a.stage, b.stage) ||
      byText(a.text, b.text) ||
      byText(a.itemId ?? '', b.itemId ?? ''),
  )

/** The errors of one subject, each once, of the messages whose contexts are its own. */
export const errorsOf = (tolds: readonly Told[], plan: Plan): readonly KnownError[] => {
  const tellings = tolds.flatMap(told => tellingsOf(told, plan))
  const groups = groupBy(tellings, ({ stage, text, at }) => JSON.stringify([stage, text, String(at)]))
  return [...groups.values()].map(group => {
    const error = group.reduce(joined)
    return { ...error, fails: error.fails && error.fatal !== false }
  })
}

/** As documents show it. */
export const errorEntry = ({ stage, text, at, fatal, more }: KnownError, itemId?: string): object => ({
  ...more,
  stage,
  error: text,
  ...(Number.isFinite(at) && { timestamp: isoOf(at) }),
  ...(itemId !== undefined && { itemId }),
  ...(fatal !== undefined && { fatal }),
})

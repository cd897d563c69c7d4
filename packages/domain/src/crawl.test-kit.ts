import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { decide } from './decide.js'
import type { CrawlEvent } from './events.js'
import { evolve, initialState, type WorkflowState } from './evolve.js'
import { decodeMessage, type Envelope, type HandlerName, type MessageEnvelope, streamOf } from './messages.js'
import { crawl, folded } from './projection.js'
import type { Rejection } from './rejection.js'
import type { Place, ViewDocument } from './views/document.js'

const seed = process.env.FC_SEED

/** Checks a property. A failure prints its seed and FC_SEED=that runs it again. */
export const check = <T>(property: fc.IProperty<T>, numRuns = 200): void =>
  fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) })

export const receivedAt = '2024-05-01T12:00:00.000Z'

/** The envelope of a message that must be valid. */
export const envelope = (raw: unknown): MessageEnvelope => {
  const decoded = decodeMessage(raw, receivedAt)
  if (E.isLeft(decoded)) throw new Error(decoded.left.message)
  return decoded.right
}

/** Why a message that must not be valid is not. */
export const refused = (raw: unknown, handler?: HandlerName): Rejection => {
  const decoded = decodeMessage(raw, receivedAt, handler)
  if (E.isRight(decoded)) throw new Error(`accepted: ${JSON.stringify(decoded.right).slice(0, 200)}`)
  return decoded.left
}

export const decided = (state: WorkflowState, message: Envelope): readonly CrawlEvent[] => {
  const events = decide(state, message)
  if (E.isLeft(events)) throw new Error(events.left.message)
  return events.right
}

export const next = (state: WorkflowState, message: Envelope): WorkflowState =>
  decided(state, message).reduce(evolve, state)

export interface Commit {
  readonly place: Place
  readonly events: readonly CrawlEvent[]
}

/** What a log does, without a store: an id counts once, and what says nothing new leaves no commit. */
export const recorded = (messages: readonly Envelope[]): readonly Commit[] => {
  const states = new Map<string, WorkflowState>()
  const versions = new Map<string, number>()
  const ids = new Set<string>()
  const commits: Commit[] = []
  for (const message of messages) {
    if (ids.has(message.id)) continue
    const stream = streamOf(message.body)
    const state = states.get(stream) ?? initialState
    const events = decided(state, message)
    if (events.length === 0) continue
    const version = (versions.get(stream) ?? 0) + 1
    commits.push({ place: { stream, position: commits.length + 1, version, recordedAt: receivedAt }, events })
    ids.add(message.id)
    states.set(stream, events.reduce(evolve, state))
    versions.set(stream, version)
  }
  return commits
}

/** Freezes deeply, so that a fold that changes what it was given fails. */
const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

/** All documents that the commits give, by `view:id`; with `only`, that document alone. */
export const projected = (commits: readonly Commit[], only?: string): Map<string, ViewDocument> => {
  const documents = new Map<string, ViewDocument>()
  for (const { place, events } of commits)
    for (const event of events)
      for (const route of crawl.routes(frozen(event), place.stream)) {
        const key = `${route.view}:${route.id}`
        if (only === undefined || only === key)
          documents.set(key, frozen(folded(crawl, route, documents.get(key), event, place)))
      }
  return documents
}

/** A record of which only these fields must be there. */
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }, ...required: (keyof T)[]) =>
  fc.record(fields, { requiredKeys: required })

const type = <T extends string>(name: T) => fc.constant(name)
// Few names, so that messages meet; the odd ones are keys that a careless object would trip over.
const batchId = fc.constantFrom('b1', 'b2', 'constructor')
const mediaId = fc.constantFrom('m1', 'm2', 'm3', '__proto__')
const stage = fc.constantFrom('download', 'analyse', '__proto__')
const progress = fc.integer({ min: 0, max: 100 })
const extra = fc.jsonValue({ maxDepth: 2 })

const stageComplete = fc
  .tuple(
    some(
      { type: type('stage-complete'), batchId, stage, mediaId, progress, result: extra },
      'type',
      'batchId',
      'stage',
    ),
    extra,
  )
  // The first report of a stage counts: only when all give the same sizes does their order not matter.
  .map(([message, errors]) => ({
    ...message,
    processing: { durationMs: message.stage.length, sizeBytes: (message.mediaId ?? '').length, errors },
  }))

const message = fc
  .oneof(
    some(
      {
        type: type('new-batch'),
        batchId,
        queries: fc.array(fc.string(), { maxLength: 2 }),
        location: fc.dictionary(fc.constantFrom('x', '__proto__', 'a.b', '$c'), extra, { maxKeys: 2 }),
        countryCode: fc.constantFrom('JP', 'GB'),
        note: extra,
      },
      'type',
      'batchId',
    ),
    some(
      { type: type('item-found'), batchId, item: some({ mediaId, size: extra }, 'mediaId') },
      'type',
      'batchId',
      'item',
    ),
    stageComplete,
    some({ type: type('workflow-progress'), batchId, progress, stage }, 'type', 'batchId', 'progress'),
    some(
      {
        type: type('error'),
        batchId,
        error: some({ message: fc.string(), code: fc.string() }, 'message'),
        stage,
        mediaId,
        fatal: fc.boolean(),
      },
      'type',
      'batchId',
      'error',
    ),
    some({ type: type('workflow-complete'), batchId, summary: extra }, 'type', 'batchId'),
  )
  .map(body => ({ ...body, locationId: 'here' }))

/** Messages of a few workflows at one location, every second one with an id of its own. */
export const history: fc.Arbitrary<readonly Envelope[]> = fc
  .array(message, { minLength: 1, maxLength: 30 })
  .map(messages => messages.map((m, i) => envelope(i % 2 === 0 ? m : { ...m, id: `id-${i}` })))

/** The same messages in any order, some of them more than once. */
export const delivered = (messages: readonly Envelope[]): fc.Arbitrary<readonly Envelope[]> =>
  fc.array(fc.constantFrom(...messages), { maxLength: 10 }).chain(again => {
    const all = [...messages, ...again]
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
  })

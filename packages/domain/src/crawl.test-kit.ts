import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { type Decision, decide } from './decide.js'
import type { CrawlEvent } from './events.js'
import { decodeMessage, type Envelope, type MessageEnvelope, streamOf } from './messages.js'
import { crawl, folded } from './projection.js'
import type { Rejection } from './rejection.js'
import { initialState, type WorkflowState } from './state.js'
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
export const refused = (raw: unknown): Rejection => {
  const decoded = decodeMessage(raw, receivedAt)
  if (E.isRight(decoded)) throw new Error(`accepted: ${JSON.stringify(decoded.right).slice(0, 200)}`)
  return decoded.left
}

export const decided = (state: WorkflowState, message: Envelope): Decision => {
  const decision = decide(state, message)
  if (E.isLeft(decision)) throw new Error(decision.left.message)
  return decision.right
}

export interface Commit {
  readonly place: Place
  readonly events: readonly CrawlEvent[]
}

/** What a log does, without a store: a message counts once, and what says nothing new leaves no commit. */
export const recorded = (messages: readonly Envelope[]): readonly Commit[] => {
  const states = new Map<string, WorkflowState>()
  const versions = new Map<string, number>()
  const known = new Set<string>()
  const commits: Commit[] = []
  for (const message of messages) {
    const stream = streamOf(message.body)
    const key = JSON.stringify([stream, message.id, message.digest])
    if (known.has(key)) continue
    const { events, state } = decided(states.get(stream) ?? initialState, message)
    if (events.length === 0) continue
    const version = (versions.get(stream) ?? 0) + 1
    commits.push({ place: { stream, position: commits.length + 1, version, recordedAt: receivedAt }, events })
    known.add(key)
    states.set(stream, state)
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

import {
  type CrawlEvent,
  evolve,
  initialState,
  lift,
  type StoredEvent,
  type WorkflowState,
} from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import type { Commit } from './commit.js'
import { type Found, reading } from './commit-unreadable.js'

/**
 * A stored event as the domain knows it, whichever version it was stored in; one of 0.1 may mean several.
 *
 * @throws EventTooNew or UnknownEvent when this program cannot know what it means, TypeError where it is no event at all
 */
export const readEvents = (stored: StoredEvent): readonly CrawlEvent[] => {
  if (typeof stored?.data !== 'object' || stored.data === null)
    throw new TypeError('One of its events has no data.')
  const events = lift(stored)
  if (E.isLeft(events)) throw events.left
  return events.right
}

/**
 * The events of a commit, as the domain knows them.
 *
 * @throws CommitUnreadable
 */
export const eventsOf = (found: Found): readonly CrawlEvent[] =>
  reading(found, ({ events }) => events.flatMap(readEvents))

/** What a writer knows of a stream: the state to decide on and the end to append after. */
export interface History {
  readonly state: WorkflowState
  readonly version: number
  readonly position: number
  readonly hash: string
  readonly at: string
  /** Every message the stream has taken. Shared by all states of a stream, as commits only come on top. */
  readonly messages: Map<string, { readonly position: number; readonly digest: string }>
}

export const emptyHistory = (): History => ({
  state: initialState,
  version: 0,
  position: 0,
  hash: '',
  at: '',
  messages: new Map(),
})

/**
 * The history with a commit on top. One that it has already changes nothing.
 *
 * @param state the state that the commit leads to, where it is known
 * @throws CommitUnreadable, and then the history is as it was
 */
export const extend = (history: History, commit: Commit, state?: WorkflowState): History => {
  if (commit.version <= history.version) return history
  const after =
    state ?? reading(commit, ({ events }) => events.flatMap(readEvents).reduce(evolve, history.state))
  for (const { id, digest } of commit.messages)
    history.messages.set(id, { position: commit.position, digest })
  return {
    state: after,
    version: commit.version,
    position: commit.position,
    hash: commit.hash,
    at: commit.at,
    messages: history.messages,
  }
}

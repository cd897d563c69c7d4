import {
  type CrawlEvent,
  decide,
  defined,
  type Envelope,
  type JsonObject,
  type Rejection,
  rejection,
  type StoredEvent,
  type WorkflowState,
} from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import type { CommitMessage, Draft } from './commit.js'
import type { History } from './history.js'
import { nameOf } from './message-id.js'
import type { TraceContext } from './telemetry.js'

/** A message that waits to be decided. */
export interface Incoming extends TraceContext {
  readonly envelope: Envelope
  readonly handler: string
  readonly correlationId?: string
  /** The version of the stream that it goes by: it is rejected where the stream is at another one. */
  readonly expected?: number
}

/** What was decided of one message. */
export type Verdict =
  | { readonly tag: 'new'; readonly notes: readonly string[] }
  | { readonly tag: 'unchanged'; readonly notes: readonly string[] }
  | { readonly tag: 'duplicate'; readonly position: number }
  | { readonly tag: 'rejected'; readonly rejection: Rejection }
  /** It repeats an earlier message of the same plan and gets that one's receipt. */
  | { readonly tag: 'repeats'; readonly index: number }

export interface Plan {
  /** One verdict per message, in order. */
  readonly verdicts: readonly Verdict[]
  readonly messages: readonly CommitMessage[]
  readonly events: readonly StoredEvent[]
  /** The state after all of them. */
  readonly state: WorkflowState
}

const reused = (id: string): Verdict => ({
  tag: 'rejected',
  rejection: rejection(
    'id-reused',
    `id: "${id}" was already used by a message that says something else.`,
    'id',
  ),
})

const movedOn = (expected: number, version: number): Rejection =>
  rejection(
    'moved-on',
    `The workflow was looked at in version ${expected} and has gone on since (${version}).`,
  )

/** @param id under which the stream keeps it */
const commitMessage = (
  { envelope, handler, correlationId, traceparent, tracestate }: Incoming,
  id: string,
): CommitMessage =>
  defined({
    at: envelope.receivedAt,
    correlationId,
    digest: envelope.digest,
    handler,
    id,
    traceparent,
    tracestate,
  })

const storedEvent = ({ at, data, type, v }: CrawlEvent, message: number): StoredEvent => {
  const told = data as unknown as JsonObject
  // In the order of the canonical form, as whatever a commit holds: that then needs no sorting.
  return at === undefined ? { data: told, message, type, v } : { at, data: told, message, type, v }
}

/** What is told of a message: by the stream at a position, or by one before it in the same plan. */
type Told = { readonly digest: string } & ({ readonly position: number } | { readonly index: number })

/** Decides waiting messages of one stream in order, each on the state that those before it lead to. */
export const plan = (history: History, incoming: readonly Incoming[]): Plan => {
  const verdicts: Verdict[] = []
  const messages: CommitMessage[] = []
  const events: StoredEvent[] = []
  // Of this plan: what it writes, by the id under which that is kept, and the index of each message, by what it says.
  const kept = new Map<string, Told>()
  const seen = new Map<string, number>()
  let { state } = history
  incoming.forEach((message, index) => {
    const { id, digest } = message.envelope
    const name = nameOf<Told>(message.envelope, one => history.messages.get(one) ?? kept.get(one))
    if (name.tag === 'reused') {
      verdicts.push(reused(id))
      return
    }
    if (name.tag === 'known') {
      const { known } = name
      verdicts.push(
        'position' in known
          ? { tag: 'duplicate', position: known.position }
          : { tag: 'repeats', index: known.index },
      )
      return
    }
    const earlier = seen.get(`${digest}${id}`)
    if (earlier !== undefined) {
      verdicts.push({ tag: 'repeats', index: earlier })
      return
    }
    seen.set(`${digest}${id}`, index)
    if (message.expected !== undefined && (message.expected !== history.version || events.length > 0)) {
      verdicts.push({ tag: 'rejected', rejection: movedOn(message.expected, history.version) })
      return
    }
    const decided = decide(state, message.envelope)
    if (E.isLeft(decided)) {
      verdicts.push({ tag: 'rejected', rejection: decided.left })
      return
    }
    const { events: caused, notes } = decided.right
    if (caused.length === 0) {
      verdicts.push({ tag: 'unchanged', notes })
      return
    }
    for (const event of caused) events.push(storedEvent(event, messages.length))
    messages.push(commitMessage(message, name.id))
    kept.set(name.id, { index, digest })
    state = decided.right.state
    verdicts.push({ tag: 'new', notes })
  })
  return { verdicts, messages, events, state }
}

/** Whether the plan rests on what was known of the stream without a commit that would prove it. */
export const needsProof = ({ events, verdicts }: Plan): boolean =>
  events.length === 0 && verdicts.some(verdict => verdict.tag === 'unchanged' || verdict.tag === 'rejected')

export const draftOf = (
  { messages, events }: Plan,
  history: History,
  { partition, stream }: Pick<Draft, 'partition' | 'stream'>,
  server: string,
): Draft | undefined => {
  if (events.length === 0) return undefined
  const { version, position, hash, at } = history
  return {
    partition,
    stream,
    server,
    version: version + 1,
    prev: hash,
    after: position,
    notBefore: at,
    messages,
    events,
  }
}

import { createHmac } from 'node:crypto'
import { canonical, type Json, type StoredEvent, type StreamId, sha256 } from '@crawl-ledger/domain'
import type { TraceContext } from './telemetry.js'

/** One of the messages that a commit is about. */
export interface CommitMessage extends TraceContext {
  /** Its own id, or that with a part of its digest where another message of the stream has the id. */
  readonly id: string
  readonly handler: string
  /** When it was received, by the receiver's clock. */
  readonly at: string
  /** Of the message's canonical form: 16 hexadecimal digits of SHA-256; 64 in what 0.1 wrote. */
  readonly digest: string
  readonly correlationId?: string
}

/** A commit before it has its place: what a writer asks a log to append. */
export interface Draft {
  readonly partition: number
  readonly stream: StreamId
  readonly version: number
  readonly messages: readonly CommitMessage[]
  readonly events: readonly StoredEvent[]
  readonly server: string
  /** The hash of the stream's previous commit; empty for its first. */
  readonly prev: string
  /** The position of the stream's previous commit, which this one must come after; 0 for its first. */
  readonly after: number
  /** The `at` of the stream's previous commit, before which this one cannot be. */
  readonly notBefore: string
}

/** The events that one or several waiting messages of a workflow caused: one document of `events`. */
export interface Commit {
  readonly _id: string
  readonly partition: number
  readonly position: number
  readonly stream: StreamId
  readonly version: number
  /** When the store took it, by the store's clock, ISO. */
  readonly at: string
  readonly messages: readonly CommitMessage[]
  readonly events: readonly StoredEvent[]
  readonly server: string
  readonly prev: string
  readonly hash: string
}

/** `PPPP:NNNNNNNNNNNN`: texts in the order of partitions and positions. */
export const commitId = (partition: number, position: number): string =>
  `${String(partition).padStart(4, '0')}:${String(position).padStart(12, '0')}`

/** The partition and the position that such a text names. */
export const placeIn = (id: string): { readonly partition: number; readonly position: number } => ({
  partition: Number(id.slice(0, 4)),
  position: Number(id.slice(5)),
})

/** Gives a draft its place and its hash. With a key the hash is an HMAC. */
export type Seal = (draft: Draft, position: number, at: string) => { commit: Commit; text: string }

/** The text that is hashed: everything but `prev` and `hash`, which frame it. */
const hashedText = (commit: Omit<Commit, 'prev' | 'hash'>): string => canonical(commit as unknown as Json)

const hashOf = (prev: string, text: string, auditKey: string | undefined): string =>
  auditKey === undefined
    ? sha256(prev + text)
    : createHmac('sha256', auditKey)
        .update(prev + text)
        .digest('hex')

export const sealer =
  (auditKey?: string): Seal =>
  ({ partition, stream, version, messages, events, server, prev, notBefore }, position, at) => {
    // In the order of the canonical form, which then needs no sorting.
    const bare = {
      _id: commitId(partition, position),
      at: at < notBefore ? notBefore : at,
      events,
      messages,
      partition,
      position,
      server,
      stream,
      version,
    }
    const text = hashedText(bare)
    return { commit: { prev, hash: hashOf(prev, text, auditKey), ...bare }, text }
  }

/** Whether a commit still is what was sealed. */
export const isIntact = ({ prev, hash, ...bare }: Commit, auditKey?: string): boolean =>
  hashOf(prev, hashedText(bare), auditKey) === hash

/** A digest over the commits up to a position: the last one's and this commit's hash. */
export const runningDigest = (before: string, commit: Commit): string => sha256(before + commit.hash)

/** A void has no time of its own, so that whoever fills a hole writes the same. */
const voidTime = '1970-01-01T00:00:00.000Z'

/** The commit without events that fills a hole. Its stream and message id are its own: no unique key is taken. */
export const voidCommit = (seal: Seal, partition: number, position: number): Commit => {
  const name = `void:${commitId(partition, position)}`
  const messages = [{ id: name, handler: 'void', at: voidTime, digest: '' }]
  const draft = { partition, stream: name, version: 1, messages, events: [], server: 'void' }
  return seal({ ...draft, prev: '', after: 0, notBefore: '' }, position, voidTime).commit
}

export const isVoid = (commit: Pick<Commit, 'stream'>): boolean => commit.stream.startsWith('void:')

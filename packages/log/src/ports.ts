import type { StreamId } from '@crawl-ledger/domain'
import type { Builds } from './build-port.js'
import type { Commit, Draft } from './commit.js'
import type { Found } from './commit-unreadable.js'
import type { StoreError } from './errors.js'
import type { Leases } from './lease-port.js'
import type { ViewStore } from './view-port.js'

/** What became of a draft. Each stands or falls alone. */
export type Landing =
  | { readonly tag: 'landed'; readonly commit: Commit }
  /** A unique key is taken: the stream's version by another writer, or a message id by one of its earlier commits. */
  | { readonly tag: 'taken' }
  | { readonly tag: 'too-large'; readonly bytes: number; readonly limit: number }
  /** No store of this kind takes such a document. `reason` goes into a receipt: no text of a server. */
  | { readonly tag: 'unstorable'; readonly reason: string }
  /** It was not written, and that says nothing of the document: it may be tried again. */
  | { readonly tag: 'failed'; readonly error: StoreError }

export type Positions = ReadonlyMap<number, number>

/** An append-only log in partitions. Everything may reject with `StoreUnavailable`: then try again. */
export interface Log {
  readonly partitions: number
  /** How many appends at once are faster than one after the other. */
  readonly flights: number
  /** At most one draft per stream. Order within a partition is by the answer's positions. */
  append(drafts: readonly Draft[]): Promise<readonly Landing[]>
  /** Puts void commits where nothing is; a position that is occupied by then stays as it is. */
  fill(holes: readonly { partition: number; position: number }[]): Promise<void>
  /**
   * Puts commits that were sealed elsewhere at their own places. One that is there already, with the same hash, stays.
   * Rejects with `PlaceTaken` when another commit is there, or one of its keys is taken.
   */
  restore(commits: readonly Commit[]): Promise<void>
  /**
   * What stands after these positions, in order, about `limit` in all. Some may be missing between: holes. Where the
   * store's key says it stands is where it is told to stand; one that says otherwise is unreadable.
   */
  read(after: Positions, limit: number): Promise<readonly Found[]>
  /** Commits of these streams that are later than a version, in order of version; an unreadable one names its stream. */
  readStreams(ends: readonly StreamEnd[]): Promise<readonly Found[]>
  /** Which of these message ids the stream's commits hold. */
  findMessages(partition: number, stream: StreamId, ids: readonly string[]): Promise<readonly KnownMessage[]>
  /** The store's time, ISO: by this clock commits are dated. */
  now(): Promise<string>
  /** The largest occupied position of each partition; 0 where there is none. */
  tails(): Promise<Positions>
}

export interface StreamEnd {
  readonly partition: number
  readonly stream: StreamId
  readonly version: number
}

export interface KnownMessage {
  readonly id: string
  readonly digest: string
  readonly position: number
}

export interface Store {
  readonly log: Log
  /** The views that are read. */
  readonly views: ViewStore
  readonly builds: Builds
  readonly leases: Leases
  /** Rejects with `StoreUnavailable` when the store does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

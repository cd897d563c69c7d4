import type { StreamId, ViewDocument, ViewName } from '@crawl-ledger/domain'
import type { Commit, Draft } from './commit.js'

/** What became of a draft. Each stands or falls alone. */
export type Landing =
  | { readonly tag: 'landed'; readonly commit: Commit }
  /** A unique key is taken: the stream's version by another writer, or a message id by an earlier commit. */
  | { readonly tag: 'taken' }
  | { readonly tag: 'too-large'; readonly bytes: number; readonly limit: number }
  | { readonly tag: 'unstorable'; readonly reason: string }

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
  /** Commits after these positions, in order, about `limit` in all. Some may be missing between: holes. */
  read(after: Positions, limit: number): Promise<readonly Commit[]>
  /** Commits of these streams that are later than a version, in order of version. */
  readStreams(ends: readonly StreamEnd[]): Promise<readonly Commit[]>
  /** Which of these message ids the partition's commits hold. */
  findMessages(partition: number, ids: readonly string[]): Promise<readonly KnownMessage[]>
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

/** Up to where a projection has folded a partition, and what it saw there. */
export interface Checkpoint {
  readonly partition: number
  readonly position: number
  /** The hash of the commit at `position`. */
  readonly hash: string
  /** The running digest of all commits' hashes up to it. */
  readonly digest: string
}

export interface DocumentWrite {
  readonly view: ViewName
  readonly document: ViewDocument
  /** What is replaced: written only if this is still there (undefined: nothing). */
  readonly expected: Pick<ViewDocument, 'v' | 'position'> | undefined
}

export interface Fold {
  /** The projection and its version, as in `crawl@1`. */
  readonly projection: string
  readonly writes: readonly DocumentWrite[]
  readonly moves: readonly { readonly from: number; readonly to: Checkpoint }[]
}

export interface ViewStore {
  checkpoints(projection: string): Promise<readonly Checkpoint[]>
  load(view: ViewName, ids: readonly string[]): Promise<readonly ViewDocument[]>
  /** Documents first, then the checkpoints. `false`: somebody else wrote; read again and fold again. */
  save(fold: Fold): Promise<boolean>
  /** Documents whose key begins with `prefix`, by key, after the key `after`. */
  list(
    view: ViewName,
    page: { prefix: string; after?: string; limit: number },
  ): Promise<readonly ViewDocument[]>
}

export interface Store {
  readonly log: Log
  readonly views: ViewStore
  /** Rejects with `StoreUnavailable` when the store does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

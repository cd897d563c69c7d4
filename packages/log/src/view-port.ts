import type { ViewDocument, ViewName } from '@crawl-ledger/domain'

/** A document into which a commit could not be folded. What comes later for it waits behind that commit. */
export interface HeldDocument {
  readonly view: ViewName
  readonly id: string
  /** The position of the commit. */
  readonly position: number
  readonly error: string
  /** How often it was tried. */
  readonly attempts: number
  /** When it was given up, ISO. */
  readonly since: string
}

/** A commit that an operator decided to leave out of a document. */
export interface Discarded {
  readonly view: ViewName
  readonly id: string
  readonly position: number
}

/** Up to where a projection has folded a partition, what it saw there, and what it could not fold. */
export interface Checkpoint {
  readonly partition: number
  readonly position: number
  /** The hash of the commit at `position`; empty at 0. */
  readonly hash: string
  /** The running digest of all commits' hashes up to it. */
  readonly digest: string
  /** Raised by every change: whoever read an older one cannot write it back. 0 where none was written yet. */
  readonly revision: number
  readonly held: readonly HeldDocument[]
  readonly discarded: readonly Discarded[]
  /** Where the projection's policy stopped the partition: it goes on when this is gone. */
  readonly stopped?: HeldDocument
}

export interface DocumentWrite {
  readonly view: ViewName
  readonly document: ViewDocument
  /** What is replaced: written only if this is still there (undefined: nothing). */
  readonly expected: Pick<ViewDocument, 'v' | 'position'> | undefined
}

export interface Fold {
  /** The projection and the build of its views, as in `crawl@1`. */
  readonly projection: string
  readonly writes: readonly DocumentWrite[]
  /** Each checkpoint is written only if the one before it, `revision - 1`, is still there. */
  readonly moves: readonly Checkpoint[]
}

/** The fields that documents are looked for by, which each store has indexes on. Several documents may have one value. */
export const indexedFields = {
  workflows: ['batchId', 'locationId', 'status'],
  locations: ['locationId', 'countryCode'],
  media: ['itemId', 'locationId', 'batchId'],
} as const satisfies { readonly [V in ViewName]: readonly string[] }

/** Documents that have this text in a field. Only where the view has an index on it is this no search through all. */
export interface FieldFilter {
  readonly field: (typeof indexedFields)[ViewName][number]
  readonly value: string
}

/** A part of a view, by key. */
export interface ViewPage {
  /** What the keys begin with. */
  readonly prefix: string
  /** The key behind which it begins. */
  readonly after?: string
  readonly limit: number
  readonly where?: FieldFilter
}

/** One build of the views: documents and checkpoints, both by compare-and-set. */
export interface ViewStore {
  /** Whether a fold is saved whole or not at all. Where it is not, documents of one that failed may be there. */
  readonly isAtomic: boolean
  checkpoints(projection: string): Promise<readonly Checkpoint[]>
  load(view: ViewName, ids: readonly string[]): Promise<readonly ViewDocument[]>
  /** Documents first, then the checkpoints. `false`: somebody else wrote; read again and fold again. */
  save(fold: Fold): Promise<boolean>
  list(view: ViewName, page: ViewPage): Promise<readonly ViewDocument[]>
}

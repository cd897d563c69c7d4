import type { ViewName } from '@crawl-ledger/domain'

/** What is wrong with a log at a position. */
export interface LogFinding {
  readonly kind: /** The hash does not fit the content. */
    | 'changed'
    /** A commit stands where it does not belong. */
    | 'misplaced'
    /** Nothing stands at a position that has something behind it. */
    | 'gap'
    /** A commit does not continue its stream. */
    | 'chain'
    /** A void commit that is not what fills a hole, or that took the place of a commit. */
    | 'void'
    | 'duplicate-message'
    | 'unreadable'
    /** The commits up to a checkpoint are not those that were folded. */
    | 'digest'
    /** The log ends before a checkpoint. */
    | 'cut-off'
  readonly partition: number
  readonly position: number
  readonly stream?: string
  /** One sentence for a person. */
  readonly message: string
}

export interface LogSummary {
  readonly partitions: number
  readonly commits: number
  readonly events: number
  readonly voids: number
  readonly findings: number
  /** What this could not find out, a sentence each. */
  readonly without: readonly string[]
}

/** What is wrong with a document of the views. */
export interface ViewFinding {
  readonly kind: 'differs' | 'missing' | 'unexplained' | 'other-build'
  readonly view: ViewName
  readonly id: string
  readonly partition: number
  /** The position that the document says it was folded to. */
  readonly position?: number
  /** One sentence for a person. */
  readonly message: string
  /** Where a repair was asked for: whether the document is right now. */
  readonly repaired?: boolean
}

export interface ViewSummary {
  readonly documents: number
  readonly findings: number
  readonly repaired: number
}

/** Findings as they come; reading them does the work. The summary holds once all have been read. */
export interface Verification<Finding, Summary> {
  readonly findings: AsyncIterable<Finding>
  summary(): Summary
}

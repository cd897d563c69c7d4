import type {
  CrawlEvent,
  ItemType,
  LocationDocument,
  MediaDocument,
  StreamId,
  WorkflowContext,
  WorkflowDocument,
} from '@crawl-ledger/domain'
import type { CommitUnreadable, Receipt } from '@crawl-ledger/log'
import type { Observable } from 'rxjs'
import type { Recovery } from './recovery/recovery.js'
import type { SpoolState } from './spool/reporter.js'
import type { RefusedMessage } from './spool/spool-file.js'
import type { Work } from './work/work.js'

/** Takes one message and answers with its receipt. Does not throw because of data or because the store is away. */
export type Handle = (message: unknown, options?: MessageOptions) => Promise<Receipt>

/** What a new batch asks for. */
export interface NewBatchPayload {
  readonly locationId: string
  readonly locationName?: string
  /** ISO 3166-1 alpha-2. */
  readonly countryCode?: string
  readonly queries?: readonly string[]
}

export interface ItemFoundPayload {
  readonly itemUrl: string
  readonly itemType: ItemType
  /** Default: made of the batch and the address, so that the same address in a batch is the same item. */
  readonly itemId?: string
  readonly [further: string]: unknown
}

export interface StageCompletePayload {
  /** Merged into `metadata`. */
  readonly results?: { readonly [key: string]: unknown }
}

export interface ErrorPayload {
  readonly error: string
  /** Default: the context's stage. */
  readonly stage?: string
  /** `false`: it fails nothing; `true` with an item's context: the item is given up. */
  readonly fatal?: boolean
  readonly [further: string]: unknown
}

type Handler<P> = (context: WorkflowContext, payload: P, options?: MessageOptions) => Promise<Receipt>

/** What crawler services call. None throws because of data or because the store is away. */
export interface Handlers {
  /** A batch begins: its first context. */
  readonly handleNewBatch: Handler<NewBatchPayload>
  /** An item is found, told with its batch's context. The receipt says its `itemId`. */
  readonly handleItemFound: Handler<ItemFoundPayload>
  /** The stage of the context is done. */
  readonly handleStageComplete: Handler<StageCompletePayload>
  readonly handleWorkflowProgress: Handler<unknown>
  readonly handleError: Handler<ErrorPayload>
  /** An item, or with a batch's context the workflow, is complete. */
  readonly logWorkflowComplete: (context: WorkflowContext, options?: MessageOptions) => Promise<Receipt>
}

export interface MessageOptions {
  /** The message's id, as a broker's: what is handed in again under it counts once. Default: made of its content. */
  readonly id?: string
  /** Kept in the commit beside the message: what joins it to a trace. */
  readonly correlationId?: string
  /**
   * `false`: the message does not wait in the spool. While it would have to, its receipt is `unavailable` and it stays
   * with its sender: for one who sends again anyway, as a broker does. Default true.
   */
  readonly spool?: boolean
}

/** An event with its place in the log. */
export interface RecordedEvent {
  readonly stream: StreamId
  readonly partition: number
  /** The position of its commit within the partition: *the* order. */
  readonly position: number
  /** The version of the stream. */
  readonly version: number
  /** When the store took it, ISO. */
  readonly recordedAt: string
  readonly server: string
  /** The id of the message that caused it. */
  readonly messageId: string
  readonly event: CrawlEvent
}

export interface Page {
  /** How many at most: 1 to 1000, by default 100. */
  readonly limit?: number
  /** The `_id` after which to go on. */
  readonly after?: string
}

/** A workflow: one batch at one location. */
export interface WorkflowRef {
  readonly locationId: string
  readonly batchId: string
}

export interface View<D, R> {
  /** The document, or undefined where there is none. Rejects with a `StoreError`. */
  get(ref: R): Promise<D | undefined>
  /** Documents in the order of their keys. Rejects with a `StoreError`. */
  list(page?: Page): Promise<readonly D[]>
}

export interface Analytics {
  readonly locationId: string
  readonly totalMediaItems: number
  readonly activeWorkflows: number
  readonly completedWorkflows: number
  readonly failedWorkflows: number
  readonly errorCount: number
  /** When this was read, ISO. */
  readonly generatedAt: string
}

export interface Lag {
  /** Commits that are in the log and not yet in the views. */
  readonly commits: number
}

export interface SpoolStatus {
  /** The file. */
  readonly file: string
  /** `idle`: nothing waits; `spooling`: messages wait for the store; `draining`: the store is back and takes them. */
  readonly state: SpoolState
  /** How many messages wait. */
  readonly messages: number
  /** How many may wait. */
  readonly max: number
  /** For how long the oldest has been waiting, in milliseconds; null where none waits. */
  readonly oldestMs: number | null
  /** How many messages were kept and refused in the end. */
  readonly refused: number
}

/** The messages that wait on this machine's disk for the store to come back. Every call throws `LedgerClosed` when it was closed. */
export interface LedgerSpool {
  status(): SpoolStatus
  /**
   * Messages that had the receipt `spooled` and that the ledger did not take in the end, in the order in which they
   * were handed in: at most `limit` (default 100) after the number `after`. They stay until they are forgotten.
   */
  refused(page?: { readonly limit?: number; readonly after?: number }): readonly RefusedMessage[]
  /** Removes refused messages by their numbers. How many there were. */
  forget(seqs: readonly number[]): number
}

export interface Ledger {
  /** Which store, without user name, password or options. */
  readonly store: string
  /** 0 as long as the store has not been reached since this process started. */
  readonly partitions: number
  /** undefined without a spool. */
  readonly spool: LedgerSpool | undefined
  readonly handlers: Handlers
  /**
   * Takes a message as a broker delivered it: `{type, context, payload}` or `{util, type, workflow, payload}`, as an
   * object, as JSON text or as bytes.
   */
  readonly handle: Handle
  readonly workflows: View<WorkflowDocument, WorkflowRef> & {
    /** The workflows of a batch id: one, as a rule, for services make them unique. */
    find(query: Page & { readonly batchId: string }): Promise<readonly WorkflowDocument[]>
    /** The document brought up to the end of the log, also where the views are behind. */
    current(ref: WorkflowRef): Promise<WorkflowDocument | undefined>
  }
  readonly locations: View<LocationDocument, string>
  readonly media: View<MediaDocument, WorkflowRef & { readonly itemId: string }> & {
    /** The items of a workflow. */
    find(query: Page & WorkflowRef): Promise<readonly MediaDocument[]>
  }
  /** The counters of one location; undefined for a location that nothing was told of. */
  analytics(locationId: string): Promise<Analytics | undefined>
  /** Every event of a workflow, or without `batchId` of what was told of a location alone. */
  history(ref: { readonly locationId: string; readonly batchId?: string }): AsyncIterable<RecordedEvent>
  /**
   * A workflow as it was: after the commit at a position of its partition, or at a time by the store's clock.
   * undefined where it was not known yet.
   */
  stateAt(
    workflow: WorkflowRef,
    at: { readonly position: number } | { readonly time: string | Date },
  ): Promise<WorkflowDocument | undefined>
  /**
   * Resolves when the views hold all that had a receipt `recorded` before this call, in any process.
   * Rejects with `NotCaughtUp` when that takes longer than `timeoutMs` (default 30,000).
   */
  caughtUp(options?: { readonly timeoutMs?: number }): Promise<void>
  /** How far the views are behind the log now. */
  lag(): Promise<Lag>
  /** Going on with what was interrupted or has failed. */
  readonly recovery: Recovery
  /** Sharing the stages of media items among servers. */
  readonly work: Work
  /**
   * The events that are appended from the subscription on, or after these positions, in the order of each partition; of
   * partitions that `after` does not name, all. Each comes once: where the store does not answer it waits, and goes on
   * behind what came last. Completes when the ledger is closed; errors only with what is no `StoreUnavailable`.
   *
   * @param after by partition, the position of the last event that is known, as `RecordedEvent` has both
   * @param onUnreadable is told of a commit that cannot be read: its partition ends there and the others go on. Without it
   * the observable errors with that `CommitUnreadable`
   */
  changes(options?: {
    readonly after?: ReadonlyMap<number, number>
    readonly onUnreadable?: (error: CommitUnreadable) => void
  }): Observable<RecordedEvent>
  /** Whether the store is known to be away. */
  readonly isAway: boolean
  /** How long the store took to answer, in milliseconds. Rejects with a `StoreError`. */
  ping(): Promise<number>
  /**
   * Waits for what is under way, stops projecting and closes the store. From then on every call rejects at once with
   * `LedgerClosed`. Called again, it waits for the first time.
   */
  close(): Promise<void>
}

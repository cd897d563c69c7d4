import type { StreamId } from '@crawl-ledger/domain'
import type { Incoming } from './plan.js'
import type { Receipt } from './receipt.js'

/** A message that waits for its receipt. */
export interface Waiting {
  readonly message: Incoming
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
  readonly since: number
}

const messagesPerCommit = 200
const bytesPerCommit = 1024 * 1024
const longestPauseMs = 500

/** For how long after another writer was seen in a workflow it is shared, in milliseconds. */
const sharedForMs = 5000
/** While nobody else was seen, gaps are left after so many commits in a row: sooner where a whole commit waits. */
const isGap = (inARow: number, waiting: number): boolean =>
  waiting < messagesPerCommit ? inARow % 40 === 0 : inARow % 16 === 0 || [1, 2, 4, 8].includes(inARow)

/**
 * The messages of one workflow, in their order, with what decides when they are tried next.
 *
 * Who has just written a workflow knows its state and would win against whoever has to load it first, again and again.
 * So a writer with more to write leaves gaps, and where another one is at work it gives way after each commit.
 */
export class WorkflowQueue {
  private waiting: Waiting[] = []
  private most = messagesPerCommit
  private failures = 0
  private losses = 0
  /** Since when nothing succeeded here, neither of ours nor of another writer. */
  private failingSince = Number.POSITIVE_INFINITY
  private inARow = 0
  private sharedUntil = 0
  /** A batch is under way, or waits to be tried again. */
  busy = false
  /** The stream may be longer than is known: it is loaded before the next batch. */
  stale = false
  /** The last batch was refused: a unique key was taken. */
  refused = false

  constructor(
    readonly partition: number,
    readonly stream: StreamId,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  push(waiting: Waiting): void {
    this.waiting.push(waiting)
  }

  /** The first messages, as many as go together into one commit. */
  takeBatch(): readonly Waiting[] {
    let bytes = 0
    const end = this.waiting.findIndex(({ message }, i) => {
      bytes += message.envelope.bytes
      return i > 0 && (i >= this.most || bytes > bytesPerCommit)
    })
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end)
  }

  /** Puts messages of a batch back where they were. */
  putBack(messages: readonly Waiting[]): void {
    this.waiting.unshift(...messages)
  }

  /** Takes out all messages, or the first ones that were tried in vain for so long. */
  giveUp(triedForMs: number): readonly Waiting[] {
    const now = performance.now()
    const end = this.waiting.findIndex(({ since }) => now - Math.max(since, this.failingSince) < triedForMs)
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end)
  }

  /** Together they were too much for one commit. */
  split(tried: number): void {
    this.most = Math.max(1, Math.floor(tried / 2))
  }

  /** Another writer wrote here. */
  othersWrote(): void {
    this.sharedUntil = performance.now() + sharedForMs
    this.failingSince = Number.POSITIVE_INFINITY
  }

  /** A batch was appended, in so many milliseconds: how long to wait before the next one. */
  appended(tookMs: number): number {
    this.most = messagesPerCommit
    this.failures = 0
    this.losses = 0
    this.failingSince = Number.POSITIVE_INFINITY
    if (this.isEmpty) return 0
    this.inARow += 1
    if (performance.now() < this.sharedUntil) {
      this.stale = true
      return tookMs * (1.5 + Math.random())
    }
    return isGap(this.inARow, this.waiting.length) ? 4 * tookMs : 0
  }

  /** Another writer was first: how long to wait before it is tried again, the attempt having taken so many milliseconds. */
  lost(tookMs: number): number {
    const now = performance.now()
    this.stale = true
    this.inARow = 0
    this.sharedUntil = now + sharedForMs
    this.failingSince = Math.min(this.failingSince, now)
    this.losses += 1
    // Shorter than the gap that the other one leaves; longer where there are many others.
    return Math.min(longestPauseMs, (Math.random() * Math.min(this.losses, 8) * tookMs) / 4)
  }

  /** The store failed: how long to wait before it is tried again. */
  failed(): number {
    this.stale = true
    this.failingSince = Math.min(this.failingSince, performance.now())
    this.failures += 1
    return Math.min(longestPauseMs, 2 ** this.failures) * (0.5 + Math.random() / 2)
  }
}

import { locationOf, type StreamId } from '@crawl-ledger/domain'
import { StoreAway, StoreError } from './errors.js'
import { type Batch, fly, type Outcome } from './flight.js'
import { Histories } from './histories.js'
import { type Append, observedAppend } from './observed-append.js'
import { partitionOf } from './partition.js'
import type { Incoming } from './plan.js'
import type { Log } from './ports.js'
import type { Receipt } from './receipt.js'
import { untraced } from './telemetry.js'
import { type Waiting, WorkflowQueue } from './workflow-queue.js'

export interface WriterOptions {
  /** This process's name in the commits it writes. */
  readonly server: string
  /** For how long a message is tried again while nothing succeeds in its workflow, before its receipt is `unavailable`. */
  readonly retryForMs?: number
  /** How many message ids of known streams are kept in memory. */
  readonly maxKnownMessages?: number
  /** Called with each position as soon as it is in the log. */
  readonly onRecorded?: (partition: number, position: number) => void
  /** Called with each message that is given up, in their order, before any of them has its receipt `unavailable`. */
  readonly onGivenUp?: (partition: number, message: Incoming) => void
  /** Is told why an append failed, each time. */
  readonly onTrouble?: (error: StoreError) => void
}

/** So few go in one flight, even where several at once are faster. */
const worthSplitting = 8
const commitsPerFlight = 512

/** Writes messages as commits: a queue for each workflow, and flights that take what waits in many of them. */
export class Writer {
  private readonly queues = new Map<StreamId, WorkflowQueue>()
  private readonly ready = new Set<WorkflowQueue>()
  private readonly histories: Histories
  private readonly append: Append
  private readonly retryForMs: number
  private flights = 0
  private pumping = false
  /** The last flight was of one message: its sender may be the only one. */
  private isAlone = true
  private onIdle: (() => void)[] = []

  constructor(
    private readonly log: Log,
    private readonly options: WriterOptions,
  ) {
    this.histories = new Histories(options.maxKnownMessages ?? 200_000)
    this.append = observedAppend(log)
    this.retryForMs = options.retryForMs ?? 10_000
  }

  /** Resolves when the message is in the log for good, or has another receipt. */
  write(stream: StreamId, message: Incoming): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const queue = this.queue(stream)
      queue.push({ message, resolve, reject, since: performance.now() })
      if (!queue.busy) this.makeReady(queue)
    })
  }

  /** Resolves when no message is waiting or under way. */
  idle(): Promise<void> {
    return this.queues.size === 0 ? Promise.resolve() : new Promise(resolve => this.onIdle.push(resolve))
  }

  private queue(stream: StreamId): WorkflowQueue {
    const known = this.queues.get(stream)
    if (known !== undefined) return known
    const fresh = new WorkflowQueue(partitionOf(locationOf(stream), this.log.partitions), stream)
    this.queues.set(stream, fresh)
    return fresh
  }

  private makeReady(queue: WorkflowQueue): void {
    this.ready.add(queue)
    if (this.pumping) return
    this.pumping = true
    // Callers that were answered together send their next messages together: let them all board.
    const whenBoarded = this.isAlone && this.flights === 0 ? queueMicrotask : setImmediate
    whenBoarded(() => {
      this.pumping = false
      // What is done for many must not be found in the trace of the one that came first.
      untraced(() => this.pump())
    })
  }

  private pump(): void {
    for (let free = this.log.flights - this.flights; free > 0 && this.ready.size > 0; free -= 1) {
      // What waits is shared among the free flights, so that one prepares while the other writes.
      const most = this.ready.size < worthSplitting ? worthSplitting : Math.ceil(this.ready.size / free)
      const taken: Taken[] = []
      for (const queue of this.ready) {
        if (taken.length >= Math.min(most, commitsPerFlight)) break
        this.ready.delete(queue)
        queue.busy = true
        taken.push({ queue, messages: queue.takeBatch() })
      }
      this.flights += 1
      this.isAlone = taken.length === 1 && taken[0]?.messages.length === 1
      void this.flight(taken).finally(() => {
        this.flights -= 1
        this.pump()
      })
    }
  }

  private async flight(taken: readonly Taken[]): Promise<void> {
    const batches = taken.map(
      ({ queue: { partition, stream, stale, refused }, messages }): Batch => ({
        partition,
        stream,
        incoming: messages.map(({ message }) => message),
        history: this.histories.get(stream),
        stale,
        refused,
      }),
    )
    const { append } = this
    const { server } = this.options
    const start = performance.now()
    let outcomes: readonly Outcome[]
    try {
      outcomes = await fly(this.log, { append, server }, batches)
    } catch (error) {
      for (const one of taken) this.crash(one, error)
      return
    }
    const tookMs = performance.now() - start
    taken.forEach((one, i) => {
      this.land(one, outcomes[i] as Outcome, tookMs)
    })
  }

  private land({ queue, messages }: Taken, outcome: Outcome, tookMs: number): void {
    const { history, receipts, split, stale, refused, othersWrote, trouble } = outcome
    if (trouble !== undefined) {
      this.crash({ queue, messages }, trouble)
      return
    }
    this.histories.set(queue.stream, history)
    queue.stale = stale
    queue.refused = refused
    if (othersWrote) queue.othersWrote()
    const again: Waiting[] = []
    messages.forEach((message, i) => {
      const receipt = receipts[i]
      if (receipt === undefined) again.push(message)
      else {
        if (receipt.outcome === 'recorded') this.options.onRecorded?.(queue.partition, receipt.position)
        message.resolve(receipt)
      }
    })
    queue.putBack(again)
    if (!stale) this.next(queue, queue.appended(tookMs))
    else this.tryAgain(queue, queue.lost(tookMs))
    if (split) queue.split(messages.length)
  }

  /** Nothing is known of these messages. Where the store failed, the ids make it safe to try them again. */
  private crash({ queue, messages }: Taken, error: unknown): void {
    if (!(error instanceof StoreError)) {
      queue.stale = true
      for (const message of messages) message.reject(error)
      this.next(queue, 0)
      return
    }
    if (!(error instanceof StoreAway)) this.options.onTrouble?.(error)
    queue.putBack(messages)
    const pauseMs = queue.failed()
    if (error instanceof StoreAway) this.giveUp(queue, 0)
    this.tryAgain(queue, pauseMs)
  }

  private tryAgain(queue: WorkflowQueue, pauseMs: number): void {
    this.giveUp(queue, this.retryForMs)
    this.next(queue, queue.isEmpty ? 0 : pauseMs)
  }

  /** Where somebody takes what is given up, all that wait behind it go the same way, so that none overtakes it. */
  private giveUp(queue: WorkflowQueue, triedForMs: number): void {
    const { onGivenUp } = this.options
    const late = queue.giveUp(triedForMs)
    const given = late.length > 0 && onGivenUp !== undefined ? [...late, ...queue.giveUp(0)] : late
    for (const { message } of given) onGivenUp?.(queue.partition, message)
    for (const { resolve } of given) resolve({ outcome: 'unavailable' })
  }

  private next(queue: WorkflowQueue, pauseMs: number): void {
    if (pauseMs > 0) setTimeout(() => this.free(queue), pauseMs)
    else this.free(queue)
  }

  private free(queue: WorkflowQueue): void {
    queue.busy = false
    if (!queue.isEmpty) {
      this.makeReady(queue)
      return
    }
    // `stale` is remembered by forgetting what is known: the next message loads the stream.
    if (queue.stale) this.histories.forget(queue.stream)
    this.queues.delete(queue.stream)
    if (this.queues.size > 0) return
    for (const resolve of this.onIdle.splice(0)) resolve()
  }
}

/** Messages on their way, and the queue that they are from. */
interface Taken {
  readonly queue: WorkflowQueue
  readonly messages: readonly Waiting[]
}

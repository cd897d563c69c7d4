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

export interface WriterOptions {
  /** This process's name in the commits it writes. */
  readonly server: string
  /** For how long a message is tried again while the store fails, before its receipt is `unavailable`. */
  readonly retryForMs?: number
  /** How many message ids of known streams are kept in memory. */
  readonly maxKnownMessages?: number
  /** Called with each position as soon as it is in the log. */
  readonly onRecorded?: (partition: number, position: number) => void
  /** Called with each message that is given up, in their order, before any of them has its receipt `unavailable`. */
  readonly onGivenUp?: (partition: number, message: Incoming) => void
}

interface Waiting {
  readonly message: Incoming
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (error: unknown) => void
  readonly giveUpAt: number
}

interface Mailbox {
  readonly partition: number
  readonly stream: StreamId
  waiting: Waiting[]
  busy: boolean
  stale: boolean
  /** How many messages may fly together. */
  most: number
  attempts: number
}

/** So few go in one flight, even where several at once are faster. */
const worthSplitting = 8
const commitsPerFlight = 512
const messagesPerCommit = 200
const bytesPerCommit = 1024 * 1024
const longestPauseMs = 500

/** The first messages of a mailbox, as many as go together into one commit. */
const boarding = ({ waiting, most }: Mailbox): Waiting[] => {
  let bytes = 0
  const end = waiting.findIndex(({ message }, i) => {
    bytes += message.envelope.bytes
    return i > 0 && (i >= most || bytes > bytesPerCommit)
  })
  return end < 0 ? waiting : waiting.slice(0, end)
}

/** Whether the oldest of these messages has been tried for long enough. */
const isLate = ([oldest]: readonly Waiting[]): boolean =>
  oldest !== undefined && performance.now() >= oldest.giveUpAt

/** Writes messages as commits: a mailbox per workflow, and flights that take what waits in many of them. */
export class Writer {
  private readonly mailboxes = new Map<StreamId, Mailbox>()
  private readonly ready = new Set<Mailbox>()
  private readonly histories: Histories
  private readonly append: Append
  private readonly retryForMs: number
  private flights = 0
  private pumping = false
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
      const mailbox = this.mailbox(stream)
      const giveUpAt = performance.now() + this.retryForMs
      mailbox.waiting.push({ message, resolve, reject, giveUpAt })
      if (!mailbox.busy) this.makeReady(mailbox)
    })
  }

  /** Resolves when no message is waiting or under way. */
  idle(): Promise<void> {
    return this.mailboxes.size === 0 ? Promise.resolve() : new Promise(resolve => this.onIdle.push(resolve))
  }

  private mailbox(stream: StreamId): Mailbox {
    const known = this.mailboxes.get(stream)
    if (known !== undefined) return known
    const partition = partitionOf(locationOf(stream), this.log.partitions)
    const fresh = {
      partition,
      stream,
      waiting: [],
      busy: false,
      stale: false,
      most: messagesPerCommit,
      attempts: 0,
    }
    this.mailboxes.set(stream, fresh)
    return fresh
  }

  private makeReady(mailbox: Mailbox): void {
    this.ready.add(mailbox)
    if (this.pumping) return
    this.pumping = true
    // Callers that were answered together send their next messages together: let them all board.
    setImmediate(() => {
      this.pumping = false
      // What is done for many must not be found in the trace of the one that came first.
      untraced(() => this.pump())
    })
  }

  private pump(): void {
    for (let free = this.log.flights - this.flights; free > 0 && this.ready.size > 0; free -= 1) {
      // What waits is shared among the free flights, so that one prepares while the other writes.
      const most = this.ready.size < worthSplitting ? worthSplitting : Math.ceil(this.ready.size / free)
      const boarded: { mailbox: Mailbox; messages: Waiting[] }[] = []
      for (const mailbox of this.ready) {
        if (boarded.length >= Math.min(most, commitsPerFlight)) break
        this.ready.delete(mailbox)
        const messages = boarding(mailbox)
        mailbox.waiting = mailbox.waiting.slice(messages.length)
        mailbox.busy = true
        boarded.push({ mailbox, messages })
      }
      this.flights += 1
      void this.flight(boarded).finally(() => {
        this.flights -= 1
        this.pump()
      })
    }
  }

  private async flight(boarded: { mailbox: Mailbox; messages: Waiting[] }[]): Promise<void> {
    const batches = boarded.map(
      ({ mailbox, messages }): Batch => ({
        partition: mailbox.partition,
        stream: mailbox.stream,
        incoming: messages.map(({ message }) => message),
        history: this.histories.get(mailbox.stream),
        stale: mailbox.stale,
      }),
    )
    const { append } = this
    const { server } = this.options
    let outcomes: readonly Outcome[]
    try {
      outcomes = await fly(this.log, { append, server }, batches)
    } catch (error) {
      for (const { mailbox, messages } of boarded) this.crash(mailbox, messages, error)
      return
    }
    boarded.forEach(({ mailbox, messages }, i) => {
      this.land(mailbox, messages, outcomes[i] as Outcome)
    })
  }

  private land(mailbox: Mailbox, messages: Waiting[], outcome: Outcome): void {
    const { history, receipts, split, stale, unreadable } = outcome
    if (unreadable !== undefined) {
      this.crash(mailbox, messages, unreadable)
      return
    }
    this.histories.set(mailbox.stream, history)
    mailbox.stale = stale
    mailbox.most = split ? Math.max(1, Math.floor(messages.length / 2)) : messagesPerCommit
    const again: Waiting[] = []
    messages.forEach((message, i) => {
      const receipt = receipts[i]
      if (receipt === undefined) again.push(message)
      else {
        if (receipt.outcome === 'recorded') this.options.onRecorded?.(mailbox.partition, receipt.position)
        message.resolve(receipt)
      }
    })
    if (stale && isLate(again)) this.giveUp(mailbox, again)
    else this.release(mailbox, again, stale)
  }

  /** Nothing is known of these messages. Where the store failed, the ids make it safe to fly again. */
  private crash(mailbox: Mailbox, messages: Waiting[], error: unknown): void {
    mailbox.stale = true
    if (!(error instanceof StoreError)) {
      for (const message of messages) message.reject(error)
      this.release(mailbox, [], true)
    } else if (error instanceof StoreAway || isLate(messages)) this.giveUp(mailbox, messages)
    else this.release(mailbox, messages, true)
  }

  /** With a message all that wait behind it in its workflow are given up, so that none overtakes it. */
  private giveUp(mailbox: Mailbox, messages: readonly Waiting[]): void {
    const given = [...messages, ...mailbox.waiting]
    mailbox.waiting = []
    for (const { message } of given) this.options.onGivenUp?.(mailbox.partition, message)
    for (const { resolve } of given) resolve({ outcome: 'unavailable' })
    this.release(mailbox, [], false)
  }

  private release(mailbox: Mailbox, again: Waiting[], pause: boolean): void {
    mailbox.waiting = [...again, ...mailbox.waiting]
    if (again.length > 0 && pause) {
      mailbox.attempts += 1
      const longest = Math.min(longestPauseMs, 2 ** mailbox.attempts)
      setTimeout(() => this.free(mailbox), longest * (0.5 + Math.random() / 2))
    } else {
      mailbox.attempts = 0
      this.free(mailbox)
    }
  }

  private free(mailbox: Mailbox): void {
    mailbox.busy = false
    if (mailbox.waiting.length > 0) {
      this.makeReady(mailbox)
      return
    }
    // `stale` is remembered by forgetting what is known: the next message loads the stream.
    if (mailbox.stale) this.histories.forget(mailbox.stream)
    this.mailboxes.delete(mailbox.stream)
    if (this.mailboxes.size > 0) return
    for (const resolve of this.onIdle.splice(0)) resolve()
  }
}

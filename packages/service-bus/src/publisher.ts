import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus'
import type { EventType } from '@crawl-ledger/domain'
import {
  type Checkpoint,
  type Commit,
  CommitUnreadable,
  type Found,
  Reader,
  readable,
  type Store,
  StoreError,
} from '@crawl-ledger/log'
import { areOf, checkpointAstray, checkpointsOf, movesOf, Stepping, Tenure } from '@crawl-ledger/projector'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { Bus } from './bus.js'
import { BusUnavailable, LogBehindPublished } from './errors.js'
import type { Logger } from './logger.js'
import { type Choice, outgoingOf } from './outgoing.js'
import { busError } from './sdk-errors.js'
import { sendAll } from './sending.js'
import { startHere } from './start-here.js'
import { messageCounter } from './telemetry.js'

export interface PublisherOptions {
  readonly bus: Bus
  /** The topic or the queue that events are sent to. */
  readonly to: string
  /** The log is the outbox. */
  readonly store: Store
  /** This process, which no other has the name of. */
  readonly server: string
  /** Which events; left out, all. */
  readonly events?: readonly EventType[]
  /** Whether messages carry their location as `sessionId`: needed where the receiving entity has sessions. Default false. */
  readonly sessions?: boolean
  /** Where a publisher that never ran begins: with what comes from now on, or with the first commit. Default `end`. */
  readonly from?: 'end' | 'start'
  /** After how long another publisher takes the partitions of one that died, in milliseconds. Default 10,000. */
  readonly leaseMs?: number
  readonly logger?: Logger
}

export interface PublisherStatus {
  /** `waiting`: the broker or the store is away, see `error`. */
  readonly state: 'starting' | 'publishing' | 'waiting' | 'stopped' | 'failed'
  readonly error?: Error
  /** How many messages were sent. */
  readonly published: number
}

/** The name under which a publisher keeps its checkpoints and leases. */
export const publisherName = (to: string): string => `publish/${to}`

const longestPauseMs = 30_000
const commitsAtOnce = 500

/** For how long a batch in hand is still tried when it is to stop, in milliseconds. */
const lastBatchMs = 5000

/**
 * Follows the log and sends its events to a topic: at least once, in the order of each partition. Several publishers
 * share the partitions. A rebuild of the views does not touch it, and nothing is sent of a log's past but by `from`.
 */
export class Publisher {
  /** Resolves when it was stopped. Rejects with what trying again does not mend. */
  readonly finished: Promise<void>
  private readonly statuses = new BehaviorSubject<PublisherStatus>({ state: 'starting', published: 0 })
  private readonly reader: Reader
  private readonly sender: ServiceBusSender
  private readonly name: string
  private readonly choice: Choice
  private readonly count: ReturnType<typeof messageCounter>
  private readonly tenure: Tenure
  private readonly stepping: Stepping
  private checkpoints: Map<number, Checkpoint> | undefined
  private published = 0
  /** Where partitions wait before what cannot be read. */
  private readonly stopped = new Map<number, number>()
  private readonly givenUp = new AbortController()

  constructor(private readonly options: PublisherOptions) {
    const { bus, to, store, server, events, sessions = false, leaseMs = 10_000, logger } = options
    this.name = publisherName(to)
    this.choice = { events: events === undefined ? undefined : new Set(events), sessions }
    this.reader = new Reader(store.log)
    this.sender = bus.client.createSender(to)
    this.count = messageCounter(to)
    this.tenure = new Tenure(store.leases, {
      projection: this.name,
      worker: server,
      partitions: store.log.partitions,
      leaseMs,
      onError: error => {
        // While it waits for the store that is told already.
        if (this.statuses.value.state !== 'waiting')
          logger?.warn({ to, error: textOf(error) }, 'the leases could not be renewed')
      },
    })
    this.stepping = new Stepping({
      signal: this.tenure.changes,
      step: () => this.step(this.tenure.now),
      onFailure: error => this.failed(error),
      longestPauseMs,
    })
    this.finished = this.run()
    this.finished.catch(() => {})
  }

  get status(): Observable<PublisherStatus> {
    return this.statuses.asObservable()
  }

  get now(): PublisherStatus {
    return { ...this.statuses.value, published: this.published }
  }

  /** Finishes the batch in hand, but does not wait for a broker that is away: the next publisher sends it then. */
  async stop(): Promise<void> {
    this.stepping.stop()
    const isAway = this.statuses.value.state === 'waiting'
    const late = setTimeout(() => this.givenUp.abort(), isAway ? 0 : lastBatchMs)
    await this.finished.catch(() => {})
    clearTimeout(late)
  }

  private async run(): Promise<void> {
    try {
      await this.stepping.run()
      this.enter('stopped')
    } catch (error) {
      this.enter('failed', error as Error)
      throw error
    } finally {
      await this.tenure.stop()
      await this.sender.close().catch(() => {})
      this.statuses.complete()
    }
  }

  /** Sends what the next commits tell, then moves the checkpoints. Whether there were any. */
  private async step(ours: ReadonlySet<number>): Promise<boolean> {
    const checkpoints = await this.stand(ours)
    const after = new Map([...checkpoints].map(([partition, { position }]) => [partition, position]))
    const found = after.size === 0 ? [] : await this.reader.next(after, commitsAtOnce)
    const { commits, messages } = this.toSend(found)
    if (commits.length === 0) {
      this.enter('publishing')
      return false
    }
    await sendAll(this.sender, messages, this.givenUp.signal).catch((error: unknown) => {
      throw busError(this.options.bus.name, this.options.to, error)
    })
    this.published += messages.length
    this.count('published', messages.length)
    const moves = movesOf(checkpoints, commits, [])
    if (await this.options.store.views.save({ projection: this.name, writes: [], moves }))
      for (const move of moves) checkpoints.set(move.partition, move)
    // Another publisher was there: where it is, so are we.
    else this.checkpoints = undefined
    this.enter('publishing')
    return true
  }

  /** What can be told of what was found. A partition waits before what cannot be read; the others go on. */
  private toSend(found: readonly Found[]): {
    readonly commits: readonly Commit[]
    readonly messages: readonly ServiceBusMessage[]
  } {
    const commits: Commit[] = []
    const messages: ServiceBusMessage[] = []
    const held = new Set<number>()
    for (const one of found) {
      if (held.has(one.partition)) continue
      try {
        messages.push(...outgoingOf(one, this.choice))
        commits.push(...readable([one]))
        this.stopped.delete(one.partition)
      } catch (error) {
        if (!(error instanceof CommitUnreadable)) throw error
        held.add(one.partition)
        this.tellStopped(error)
      }
    }
    return { commits, messages }
  }

  /** Once for each place: it is looked at again and again, and goes on when it can be read. */
  private tellStopped({ partition, position, message }: CommitUnreadable): void {
    if (this.stopped.get(partition) === position) return
    this.stopped.set(partition, position)
    const { logger, to } = this.options
    logger?.error({ to, partition, position, error: message }, 'publishing a partition waits')
  }

  /** The checkpoints of our partitions. Of one that was another's until now, that is where the other came to. */
  private async stand(ours: ReadonlySet<number>): Promise<Map<number, Checkpoint>> {
    if (this.checkpoints !== undefined && areOf(this.checkpoints, ours)) return this.checkpoints
    const { store, from = 'end' } = this.options
    if (from === 'end') await startHere(store, this.name, this.reader)
    const all = await checkpointsOf(store.views, this.name, store.log.partitions)
    const checkpoints = new Map([...all].filter(([partition]) => ours.has(partition)))
    const astray = await checkpointAstray(store.log, checkpoints.values())
    if (astray !== undefined) throw new LogBehindPublished(astray.partition, astray.position)
    this.checkpoints = checkpoints
    return checkpoints
  }

  /** What is away is tried again for ever; anything else cannot mend itself. */
  private failed(error: unknown): void {
    this.checkpoints = undefined
    if (!(error instanceof StoreError || error instanceof BusUnavailable)) throw error
    this.enter('waiting', error)
  }

  private enter(state: PublisherStatus['state'], error?: Error): void {
    const { logger, to } = this.options
    const before = this.statuses.value.state
    const published = this.published
    this.statuses.next({ state, published, ...(error === undefined ? {} : { error }) })
    if (before === state) return
    const fields = { to, published, ...(error === undefined ? {} : { error: error.message }) }
    if (state === 'failed') logger?.error(fields, 'publishing has ended')
    else if (state === 'waiting') logger?.warn(fields, 'publishing waits')
    else logger?.info(fields, state)
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessErrorArgs, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { Consumer, ConsumerOptions, ConsumerStatus } from './consumer.js'
import { entityName } from './entity.js'
import { type BusError, BusUnavailable, BusUnusable } from './errors.js'
import { handling } from './handling.js'
import { idOf } from './incoming.js'
import { linksTo } from './links.js'
import { Reception } from './reception.js'
import { busError, isNobodyThere } from './sdk-errors.js'
import type { Settlement } from './settlement.js'
import { StoreGate } from './store-gate.js'
import { messageCounter, processing } from './telemetry.js'

type Filled = 'atOnce' | 'sessionsAtOnce' | 'sessionIdleMs' | 'renewLocksForMs' | 'holdMs'
type ReceivingOptions = Omit<ConsumerOptions, Filled> & Required<Pick<ConsumerOptions, Filled>>

const longestPauseMs = 30_000

/** So long a session that never ends has its turn while others may wait, in milliseconds. */
const sessionTurnMs = 5000

/** The store does not answer: what is in hand waits for it, and nothing more is taken. */
class StoreIsAway extends Error {
  override readonly name = 'StoreIsAway'
}

/** Receivers of one entity, one after the other in each lane: a lane for each session at once, or one alone. */
export class Receiving implements Consumer {
  readonly finished: Promise<void>
  private readonly counts = { completed: 0, deadLettered: 0, abandoned: 0, lost: 0 }
  private readonly statuses = new BehaviorSubject<ConsumerStatus>({ state: 'starting', counts: this.counts })
  private readonly halt = new AbortController()
  /** Aborted when nothing more is to be taken for now, and made anew when the store is back. */
  private intake = new AbortController()
  private readonly gate: StoreGate
  private readonly name: string
  private readonly links: ReturnType<typeof linksTo>
  private readonly count: ReturnType<typeof messageCounter>
  private readonly process: ReturnType<typeof processing>
  private readonly work: (message: ServiceBusReceivedMessage) => Promise<Settlement>
  private fatal: BusError | undefined
  /** A link was lost, and the broker was not heard of since: all links are lost together, and that is told once. */
  private isCut = false

  constructor(private readonly options: ReceivingOptions) {
    const { bus, from, handle, securityToken, ping, holdMs, renewLocksForMs } = options
    this.name = entityName(from)
    // Each lane listens, and there may be many.
    setMaxListeners(0, this.halt.signal, this.intake.signal)
    this.links = linksTo(bus, from, renewLocksForMs)
    this.count = messageCounter(this.name)
    this.process = processing(this.name)
    this.gate = new StoreGate(ping, this.halt.signal, isShut => this.gateMoved(isShut))
    const onThrow = (message: ServiceBusReceivedMessage, error: unknown): void =>
      options.logger?.error({ ...this.about(message), error: textOf(error) }, 'a handler threw')
    this.work = handling({ handle, securityToken, gate: this.gate, holdMs, halt: this.halt.signal, onThrow })
    this.finished = this.run()
    // Who does not look at it must not be ended by it: the status and the log tell as well.
    this.finished.catch(() => {})
  }

  get status(): Observable<ConsumerStatus> {
    return this.statuses.asObservable()
  }

  get now(): ConsumerStatus {
    return { ...this.statuses.value, counts: { ...this.counts } }
  }

  async stop(): Promise<void> {
    this.end()
    await this.finished.catch(() => {})
  }

  private get stopping(): boolean {
    return this.halt.signal.aborted
  }

  private end(): void {
    this.halt.abort()
    this.intake.abort()
  }

  private async run(): Promise<void> {
    try {
      const { sessions = await this.hasSessions() } = this.options
      const lanes = sessions ? this.sessionLanes : 1
      await Promise.all(Array.from({ length: lanes }, () => this.lane(sessions)))
      this.enter('stopped')
    } catch (error) {
      this.end()
      this.enter('failed', error as Error)
      throw error
    } finally {
      this.statuses.complete()
    }
  }

  /** Asked by trying, since only who manages the namespace may ask the broker itself. */
  private async hasSessions(): Promise<boolean> {
    for (let attempt = 0; !this.stopping; attempt += 1)
      try {
        const receiver = await this.links.session(this.halt.signal)
        await receiver?.close()
        return true
      } catch (error) {
        if (this.stopping || isNobodyThere(error)) return true
        const failure = busError(this.options.bus.name, this.name, error)
        if (failure instanceof BusUnusable) return false
        await this.later(failure, attempt)
      }
    return true
  }

  /** Each has one message in hand at least. */
  private get sessionLanes(): number {
    return Math.min(this.options.sessionsAtOnce, this.options.atOnce)
  }

  /** Opens a receiver and takes messages from it, again and again until the end. */
  private async lane(isSession: boolean): Promise<void> {
    for (let attempt = 0; !this.stopping; ) {
      if (!(await this.gate.opened(this.halt.signal))) continue
      try {
        const receiver = isSession ? await this.links.session(this.halt.signal) : this.links.plain()
        if (receiver === undefined) continue
        attempt = 0
        this.receives()
        await this.receptionOf(receiver, isSession).run(this.intake.signal)
      } catch (error) {
        if (this.stopping) continue
        if (isNobodyThere(error)) this.receives()
        else {
          await this.later(busError(this.options.bus.name, this.name, error), attempt)
          attempt += 1
        }
      }
    }
    if (this.fatal !== undefined) throw this.fatal
  }

  private receptionOf(receiver: ServiceBusReceiver, isSession: boolean): Reception {
    const { atOnce, sessionIdleMs, renewLocksForMs } = this.options
    return new Reception({
      receiver,
      endsWithLink: isSession,
      atOnce: isSession ? Math.floor(atOnce / this.sessionLanes) : atOnce,
      ...(isSession ? { idleMs: sessionIdleMs, turnMs: sessionTurnMs } : { renewForMs: renewLocksForMs }),
      work: message => this.process(message, () => this.work(message)),
      onSettled: (message, settlement) => this.settled(message, settlement),
      onLost: (message, error) => this.lost(message, error),
      onError: args => this.hear(args),
    })
  }

  private gateMoved(isShut: boolean): void {
    const { logger } = this.options
    if (isShut) {
      this.intake.abort()
      logger?.warn({ entity: this.name }, 'the store is away; messages stay with the broker')
      this.enter('waiting', new StoreIsAway('The store is away; messages stay with the broker.'))
      return
    }
    if (!this.stopping) {
      this.intake = new AbortController()
      setMaxListeners(0, this.intake.signal)
    }
    logger?.info({ entity: this.name }, 'the store is back')
    this.receives()
  }

  /** The broker answers: there are messages, or there may be. While the store is away that changes nothing. */
  private receives(): void {
    this.isCut = false
    if (!this.gate.isShut) this.enter('receiving')
  }

  /** The broker is away: it is asked again after a pause. What trying does not mend is thrown. */
  private async later(error: BusError, attempt: number): Promise<void> {
    if (!(error instanceof BusUnavailable)) throw error
    this.enter('waiting', error)
    const pauseMs = Math.min(longestPauseMs, 250 * 2 ** Math.min(attempt, 10))
    await delay(pauseMs, undefined, { signal: this.halt.signal }).catch(() => {})
  }

  private settled(message: ServiceBusReceivedMessage, settlement: Settlement): void {
    const { logger } = this.options
    this.isCut = false
    if (settlement.tag === 'complete') this.counts.completed += 1
    else if (settlement.tag === 'abandon') this.counts.abandoned += 1
    else {
      this.counts.deadLettered += 1
      logger?.warn({ ...this.about(message), rejection: settlement.rejection }, 'a message is dead-lettered')
    }
    this.count(settlement.tag)
  }

  private lost(message: ServiceBusReceivedMessage, error: unknown): void {
    this.counts.lost += 1
    this.count('lost')
    this.options.logger?.info(
      { ...this.about(message), error: textOf(error) },
      'a settlement did not reach the broker, which delivers the message again',
    )
  }

  /** The SDK opens a link anew by itself, unless that is refused. */
  private hear({ error, errorSource }: ProcessErrorArgs): void {
    if (errorSource !== 'receive' || this.stopping) return
    const failure = busError(this.options.bus.name, this.name, error)
    if (failure instanceof BusUnavailable) {
      const fields = { entity: this.name, error: textOf(error) }
      if (!this.isCut) this.options.logger?.info(fields, 'a link to the broker was lost')
      this.isCut = true
      return
    }
    this.fatal ??= failure
    this.end()
  }

  private enter(state: ConsumerStatus['state'], error?: Error): void {
    const before = this.statuses.value
    if (before.state === state && before.error?.message === error?.message) return
    this.statuses.next({ state, ...(error === undefined ? {} : { error }), counts: this.counts })
    const { logger } = this.options
    const fields = { entity: this.name, ...(error === undefined ? {} : { error: error.message }) }
    if (state === 'failed') logger?.error(fields, 'receiving has ended')
    else if (error instanceof BusUnavailable) logger?.warn(fields, 'receiving waits for the broker')
    else if (state === 'receiving') logger?.info(fields, 'receiving')
  }

  private about(message: ServiceBusReceivedMessage) {
    return { entity: this.name, messageId: idOf(message), deliveryCount: message.deliveryCount }
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

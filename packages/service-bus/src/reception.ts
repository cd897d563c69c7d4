import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessErrorArgs, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import { LockKeeper } from './lock-keeper.js'
import { Outstanding } from './outstanding.js'
import { type Settlement, settle } from './settlement.js'
import { SettlingTurns } from './settling-turns.js'

export interface ReceptionOptions {
  readonly receiver: ServiceBusReceiver
  /** How many messages are in hand at most. */
  readonly atOnce: number
  /** After how long without a message it ends, in milliseconds; undefined: never. */
  readonly idleMs?: number
  /** After how long it ends although there is more, in milliseconds; undefined: never. */
  readonly turnMs?: number
  /** Whether the receiver is gone when its link is: that of a session does not come back by itself. */
  readonly endsWithLink: boolean
  /** For how long the locks on messages are renewed, in milliseconds; undefined: the session's lock holds for them. */
  readonly renewForMs?: number
  readonly work: (message: ServiceBusReceivedMessage) => Promise<Settlement>
  readonly onSettled: (message: ServiceBusReceivedMessage, settlement: Settlement) => void
  /** The broker does not know of the settlement, and delivers the message again. */
  readonly onLost: (message: ServiceBusReceivedMessage, error: unknown) => void
  readonly onError: (args: ProcessErrorArgs) => void
}

/** For how long the broker's answers are waited for at the end, in milliseconds. */
const lastAnswersMs = 5000

/** Takes messages from one receiver until it is idle, its link is lost, or it is told to end. */
export class Reception {
  private readonly handling = new Outstanding()
  private readonly settling = new Outstanding()
  private readonly turns = new SettlingTurns()
  private readonly locks: LockKeeper | undefined
  private idle: NodeJS.Timeout | undefined
  private isEnding = false
  private readonly gone = new AbortController()
  private end = (): void => {}

  constructor(private readonly options: ReceptionOptions) {
    const { receiver, renewForMs } = options
    if (renewForMs !== undefined) this.locks = new LockKeeper(receiver, renewForMs)
  }

  /** Resolves when nothing of it is in hand any more. */
  async run(halt: AbortSignal): Promise<void> {
    const { receiver, atOnce, turnMs } = this.options
    const ended = new Promise<void>(resolve => {
      this.end = resolve
    })
    halt.addEventListener('abort', this.end, { once: true })
    const subscription = receiver.subscribe(
      {
        processMessage: message => this.take(message),
        processError: async args => this.failed(args),
      },
      { autoCompleteMessages: false, maxConcurrentCalls: atOnce },
    )
    if (halt.aborted) this.end()
    this.watchIdle()
    const turn = turnMs === undefined ? undefined : setTimeout(this.end, turnMs)
    await ended
    this.isEnding = true
    clearTimeout(turn)
    halt.removeEventListener('abort', this.end)
    clearTimeout(this.idle)
    // A link that is lost cannot be closed in an orderly way, and the SDK may wait for it without end.
    await this.within(subscription.close())
    await this.handling.none()
    await this.within(this.settling.none())
    await this.within(receiver.close())
  }

  /** Its place is free for another message as soon as it is handled: that the broker hears of it takes its time. */
  private async take(message: ServiceBusReceivedMessage): Promise<void> {
    clearTimeout(this.idle)
    this.handling.begin()
    this.locks?.keep(message)
    try {
      const settlement = await this.options.work(message)
      void this.settle(message, settlement)
    } finally {
      this.locks?.release(message)
      this.handling.end()
      if (this.handling.size === 0) this.watchIdle()
    }
  }

  private async settle(message: ServiceBusReceivedMessage, settlement: Settlement): Promise<void> {
    this.settling.begin()
    try {
      await this.turns.take(settlement.tag)
      await settle(this.options.receiver, message, settlement)
      this.options.onSettled(message, settlement)
    } catch (error) {
      this.options.onLost(message, error)
    } finally {
      this.settling.end()
    }
  }

  private watchIdle(): void {
    const { idleMs } = this.options
    clearTimeout(this.idle)
    if (idleMs !== undefined && !this.isEnding) this.idle = setTimeout(this.end, idleMs)
  }

  private failed(args: ProcessErrorArgs): void {
    this.options.onError(args)
    if (!this.options.endsWithLink || args.errorSource !== 'receive') return
    this.gone.abort()
    this.end()
  }

  /** Waits for the broker's answer, but not for long; of a link that is lost none comes. */
  private async within(answer: Promise<unknown>): Promise<void> {
    const done = new AbortController()
    const signal = AbortSignal.any([this.gone.signal, done.signal])
    const late = delay(lastAnswersMs, undefined, { signal }).catch(() => {})
    await Promise.race([late, answer.catch(() => {})])
    done.abort()
  }
}

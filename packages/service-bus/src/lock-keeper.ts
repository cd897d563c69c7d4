import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'

/** A lock is renewed when this part of its time is over. */
const half = 0.5

/** How often it is looked which locks are to be renewed, in milliseconds. */
const lookMs = 100

interface Lock {
  /** By our own clock, as all times here; undefined while it is being renewed, and when that failed. */
  renewAt: number | undefined
  readonly end: number
}

const renewAt = (lockedUntil: Date | undefined): number =>
  performance.now() + Math.max(lookMs, ((lockedUntil?.getTime() ?? 0) - Date.now()) * half)

/**
 * Renews the locks on messages until they are released, for so long at most. The SDK would do so by itself, but goes on
 * when a settlement did not reach the broker, and so keeps the message from being delivered again. One timer for all of
 * them: nearly every message is settled before its lock needs anything.
 */
export class LockKeeper {
  private readonly locks = new Map<ServiceBusReceivedMessage, Lock>()
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly receiver: ServiceBusReceiver,
    private readonly forMs: number,
  ) {}

  keep(message: ServiceBusReceivedMessage): void {
    this.locks.set(message, {
      renewAt: renewAt(message.lockedUntilUtc),
      end: performance.now() + this.forMs,
    })
    this.timer ??= setInterval(() => this.look(), lookMs)
  }

  release(message: ServiceBusReceivedMessage): void {
    this.locks.delete(message)
  }

  private look(): void {
    const now = performance.now()
    for (const [message, lock] of this.locks) {
      if (now >= lock.end) this.locks.delete(message)
      else if (lock.renewAt !== undefined && now >= lock.renewAt) void this.renew(message, lock)
    }
    if (this.locks.size > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  private async renew(message: ServiceBusReceivedMessage, lock: Lock): Promise<void> {
    lock.renewAt = undefined
    try {
      lock.renewAt = renewAt(await this.receiver.renewMessageLock(message))
    } catch {
      // The lock is lost, or the broker is away: the settlement will tell.
    }
  }
}

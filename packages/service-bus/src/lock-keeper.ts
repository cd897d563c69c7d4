import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'

/** A lock is renewed when this part of its time is over. */
const half = 0.5

const shortestMs = 100

const pauseMs = (lockedUntil: Date | undefined): number =>
  Math.max(shortestMs, Math.floor(((lockedUntil?.getTime() ?? 0) - Date.now()) * half))

/**
 * Renews the lock on a message until that is stopped, for so long at most. The SDK would do so by itself, but goes on
 * when a settlement did not reach the broker, and so keeps the message from being delivered again.
 */
export const keepLocked = (
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  forMs: number,
): (() => void) => {
  const end = performance.now() + forMs
  let timer: NodeJS.Timeout | undefined
  const renewAfter = (ms: number): void => {
    if (performance.now() + ms < end) timer = setTimeout(renew, ms)
  }
  let stopped = false
  const renew = (): void => {
    receiver.renewMessageLock(message).then(
      lockedUntil => {
        if (!stopped) renewAfter(pauseMs(lockedUntil))
      },
      // The lock is lost, or the broker is away: the settlement will tell.
      () => {},
    )
  }
  renewAfter(pauseMs(message.lockedUntilUtc))
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

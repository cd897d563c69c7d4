/** At most so many messages are drained at a time: enough to fill the store's flights, and little enough to be kept in memory. */
export const mostAtOnce = 500
const fewestAtOnce = 8

const longMs = 2000

/**
 * How many messages are drained next, after a batch of `size` that took so many milliseconds, Infinity where it got nowhere.
 * A store that is far or weak gets smaller ones: what is under way when it fails again is tried again.
 */
export const sizeAfter = (size: number, tookMs: number): number =>
  Math.max(fewestAtOnce, tookMs > longMs ? Math.floor(size / 2) : Math.min(mostAtOnce, 2 * size))

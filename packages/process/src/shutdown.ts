interface Log {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

export interface Shutdown {
  /** How long closing may take, in milliseconds. Default 9,000. */
  readonly patienceMs?: number
  /** Ends the process at once. */
  readonly exit?: (code: number) => void
}

/**
 * Calls `stop` on the first SIGTERM or SIGINT. Who asks twice does not want to wait, and what hangs is left behind:
 * leases run out by themselves, and what is broken off is done again by the next process. So it is a good end, also
 * where a store does not answer.
 */
export const onSignal = (
  log: Log,
  stop: () => void,
  { patienceMs = 9000, exit = process.exit }: Shutdown = {},
): void => {
  let stopping = false
  const heard = (signal: NodeJS.Signals): void => {
    if (stopping) {
      log.error(`leaving at once after another ${signal}`)
      exit(1)
      return
    }
    stopping = true
    log.info(`closing after ${signal}`)
    setTimeout(() => {
      log.warn(`not all was closed within ${patienceMs} ms; leaving`)
      exit(0)
    }, patienceMs).unref()
    stop()
  }
  process.on('SIGTERM', heard)
  process.on('SIGINT', heard)
}

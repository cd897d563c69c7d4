interface Log {
  info(message: string): void
  warn(message: string): void
}

/**
 * Resolves on SIGTERM or SIGINT after `close` did its work, or after a few seconds without it:
 * this process only reads, and folding is safe to break off, so nothing is lost either way.
 */
export const untilStopped = (log: Log, close: () => Promise<void>, patienceMs = 4000): Promise<void> =>
  new Promise((resolve, reject) => {
    let stopping = false
    const stop = (signal: NodeJS.Signals) => {
      if (stopping) return
      stopping = true
      log.info(`closing after ${signal}`)
      setTimeout(() => {
        log.warn(`not all was closed within ${patienceMs} ms; leaving`)
        resolve()
      }, patienceMs).unref()
      close().then(resolve, reject)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })

import { Presets, SingleBar } from 'cli-progress'
import type { Counts } from './ingest.js'

export interface ProgressSource {
  readonly counts: Counts
  /** From 0 to 1; undefined where the end is not known. */
  readonly done: () => number | undefined
  /** How many commits the views are behind. */
  readonly lag: () => Promise<number>
}

export interface Progress {
  /** Writes something beside the progress, without the two getting mixed up. */
  aside(write: () => void): void
  stop(): void
}

const plainEveryMs = 2000
const lagEveryMs = 500

const count = (n: number): string => n.toLocaleString('en-US')

/** Asks for the lag now and then, one question at a time. */
const watchLag = (lag: ProgressSource['lag'], everyMs: number): { latest(): string; stop(): void } => {
  let latest: number | undefined
  let asking = false
  const timer = setInterval(() => {
    if (asking) return
    asking = true
    lag()
      .then(commits => {
        latest = commits
      })
      // A store that is away shows in the receipts.
      .catch(() => {})
      .finally(() => {
        asking = false
      })
  }, everyMs)
  return {
    latest: () => (latest === undefined ? '' : `views ${count(latest)} commits behind`),
    stop: () => clearInterval(timer),
  }
}

/** A bar on a terminal, plain lines every couple of seconds elsewhere. */
export const startProgress = (
  stream: NodeJS.WriteStream,
  source: ProgressSource,
  everyMs = plainEveryMs,
): Progress => {
  const began = performance.now()
  const lag = watchLag(source.lag, Math.min(lagEveryMs, everyMs))
  const rate = (): string => {
    const { read } = source.counts
    return `${count(Math.round((read * 1000) / Math.max(1, performance.now() - began)))}/s`
  }
  if (!stream.isTTY) {
    const timer = setInterval(() => {
      const done = source.done()
      const part = done === undefined ? '' : `${Math.floor(done * 100)}%  `
      const behind = lag.latest()
      stream.write(`  ${part}${count(source.counts.read)} messages  ${rate()}  ${behind}\n`)
    }, everyMs)
    return {
      aside: write => write(),
      stop: () => {
        clearInterval(timer)
        lag.stop()
      },
    }
  }
  const columns = stream.columns > 0 ? stream.columns : 80
  const bar = new SingleBar(
    {
      stream,
      format:
        source.done() === undefined
          ? '  {count} messages  {rate}  {lag}'
          : '  {bar} {percentage}%  {count} messages  {rate}  {lag}',
      barsize: Math.max(8, Math.min(30, columns - 70)),
      hideCursor: true,
      gracefulExit: false,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  )
  const values = () => ({ count: count(source.counts.read), rate: rate(), lag: lag.latest() })
  bar.start(1, 0, values())
  const update = (): void => bar.update(source.done() ?? 0, values())
  const timer = setInterval(update, 100)
  return {
    aside: write => {
      stream.write('\r\x1b[K')
      write()
      // The bar goes back to the line it remembers when it stops: that is now this one.
      stream.write('\x1b7')
    },
    stop: () => {
      clearInterval(timer)
      lag.stop()
      update()
      bar.stop()
    },
  }
}

import { Presets, SingleBar } from 'cli-progress'

export interface ProgressBar {
  show(done: number, total: number, words: Readonly<Record<string, string>>): void
  /** Leaves the terminal as it was: a line can be written. Shown again, it is there again. */
  stop(): void
}

/** A bar on the terminal's error stream; undefined where that is no terminal, or with `--json`. */
export const progressBar = (json: boolean, format: string): ProgressBar | undefined => {
  if (json || !process.stderr.isTTY) return undefined
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true }, Presets.shades_classic)
  let started = false
  return {
    show: (done, total, words) => {
      if (started) bar.setTotal(total)
      else bar.start(total, done, words)
      started = true
      bar.update(done, words)
    },
    stop: () => {
      if (started) bar.stop()
      started = false
    },
  }
}

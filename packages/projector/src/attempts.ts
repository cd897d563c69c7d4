import type { FoldFailure } from './fold.js'

/** How often a commit is tried before it is given up. */
const most = 4
const firstPauseMs = 50

const keyOf = ({ partition, position, view, id }: FoldFailure): string =>
  `${partition}@${position}/${view}/${id}`

/** Counts how often each failing commit was tried. */
export class Attempts {
  private readonly counts = new Map<string, number>()

  /** Counts these once more: either after which pause they are tried again, or what was given up. */
  again(failures: readonly FoldFailure[]): {
    readonly pauseMs?: number
    readonly given: readonly FoldFailure[]
  } {
    let fewest = most
    const given = failures.map(failure => {
      const key = keyOf(failure)
      const attempts = (this.counts.get(key) ?? 0) + 1
      this.counts.set(key, attempts)
      fewest = Math.min(fewest, attempts)
      return { ...failure, attempts }
    })
    return fewest < most ? { pauseMs: firstPauseMs * 2 ** (fewest - 1), given } : { given }
  }

  forget(failures: readonly FoldFailure[]): void {
    for (const failure of failures) this.counts.delete(keyOf(failure))
  }
}

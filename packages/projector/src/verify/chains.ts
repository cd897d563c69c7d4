import type { Commit } from '@crawl-ledger/log'

/** The end of a stream, as far as it was read. */
interface End {
  readonly version: number
  readonly hash: string
  readonly position: number
  /** Its hash fits its content: what follows must name it. */
  readonly intact: boolean
}

const beforeAll: End = { version: 0, hash: '', position: 0, intact: true }

/** What is wrong with a stream. */
export interface Break {
  readonly kind: 'chain' | 'void'
  /** The position where it shows. */
  readonly at: number
  readonly what: string
}

/** The streams of a partition: each commit must continue its stream's last one. */
export class Chains {
  private readonly ends = new Map<string, End>()
  /** Places that lost their commit, as far as findings have told already. */
  private readonly lost: { readonly from: number; readonly to: number }[] = []
  private readonly voids: number[] = []

  lose(from: number, to: number): void {
    this.lost.push({ from, to })
  }

  /** A void is at this place. */
  skip(position: number): void {
    this.voids.push(position)
  }

  *take(position: number, commit: Commit, intact: boolean): Generator<Break> {
    const { stream, version, prev, hash } = commit
    const before = this.ends.get(stream) ?? beforeAll
    if (version <= before.version) {
      const what = `Version ${version} of ${stream} comes again after version ${before.version}: it was put in.`
      yield { kind: 'chain', at: position, what }
      return
    }
    if (version > before.version + 1) yield* this.jump(position, commit, before)
    else if (before.intact && prev !== before.hash)
      yield {
        kind: 'chain',
        at: position,
        what:
          before === beforeAll
            ? `The commit is the first of ${stream} and names a commit before it.`
            : `The commit does not name the hash of the commit of ${stream} before it (position ${before.position}).`,
      }
    this.ends.set(stream, { version, hash, position, intact })
  }

  /**
   * Versions are missing. What is known to be lost between explains as many, and so does a void in their place. Where
   * there are more voids than that, as some fill holes, each of them may be the one.
   */
  private *jump(position: number, { stream, version }: Commit, before: End): Generator<Break> {
    const missing = version - before.version - 1
    const lost = this.lost.reduce(
      (sum, { from, to }) => sum + Math.max(0, Math.min(to, position) - Math.max(from - 1, before.position)),
      0,
    )
    if (lost >= missing) return
    const voids = this.voids.filter(place => place > before.position && place < position)
    const which =
      missing === 1
        ? `Version ${version - 1} of ${stream}`
        : `Versions ${before.version + 1} to ${version - 1} of ${stream}`
    if (lost + voids.length >= missing) {
      const surely = lost + voids.length === missing
      const what = surely
        ? `A commit was made void there: ${which} must have been there.`
        : `A commit may have been made void there: ${which} must have been there, or at another of positions ${voids.join(', ')}.`
      for (const at of voids) yield { kind: 'void', at, what }
    } else
      yield {
        kind: 'chain',
        at: position,
        what: `${which} must be between position ${before.position} and here, and is not in the log.`,
      }
  }
}

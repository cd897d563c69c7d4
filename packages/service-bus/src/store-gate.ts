import { setTimeout as delay } from 'node:timers/promises'

const firstPauseMs = 100
const longestPauseMs = 5000

/** Shut while the store is away: then it is asked, less and less often, until it answers. */
export class StoreGate {
  private opening: Promise<void> | undefined

  constructor(
    private readonly ping: () => Promise<unknown>,
    private readonly halt: AbortSignal,
    private readonly onChange: (isShut: boolean) => void,
  ) {}

  get isShut(): boolean {
    return this.opening !== undefined
  }

  /** The store was found away. */
  shut(): void {
    if (this.opening !== undefined || this.halt.aborted) return
    this.opening = this.look()
    this.onChange(true)
  }

  /** Resolves when it is open, or at the end: whether it is open then. */
  async opened(until: AbortSignal): Promise<boolean> {
    const opening = this.opening
    // At the end it is not shut any more, and whoever took that for open would ask the store for ever.
    if (opening === undefined) return !this.halt.aborted
    if (until.aborted) return false
    let onEnd = (): void => {}
    await new Promise<void>(resolve => {
      onEnd = resolve
      until.addEventListener('abort', onEnd)
      void opening.then(resolve)
    })
    until.removeEventListener('abort', onEnd)
    return this.opening !== opening && !this.halt.aborted
  }

  private async look(): Promise<void> {
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, 2 * pause)) {
      await delay(pause, undefined, { signal: this.halt }).catch(() => {})
      if (this.halt.aborted || (await this.answers())) break
    }
    this.opening = undefined
    if (!this.halt.aborted) this.onChange(false)
  }

  private async answers(): Promise<boolean> {
    try {
      await this.ping()
      return true
    } catch {
      // Why it is away was told by whoever tried to write.
      return false
    }
  }
}

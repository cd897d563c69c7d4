/** Counts what is under way, and tells when nothing is any more. */
export class Outstanding {
  private count = 0
  private onNone: (() => void)[] = []

  get size(): number {
    return this.count
  }

  begin(): void {
    this.count += 1
  }

  end(): void {
    this.count -= 1
    if (this.count === 0) for (const resolve of this.onNone.splice(0)) resolve()
  }

  /** Resolves when nothing is under way. */
  none(): Promise<void> {
    return this.count === 0 ? Promise.resolve() : new Promise(resolve => this.onNone.push(resolve))
  }
}

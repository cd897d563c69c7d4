/** How a run stands, by what uvu has printed. */
export class Tally {
  total = 0
  passed = 0
  skipped = 0
  /** Whether all tests are over. */
  isOver = false
  /** The file whose tests run. */
  file: string | undefined
  /** When each file began and the last one ended, in milliseconds. */
  private readonly began: { readonly file: string; readonly at: number }[] = []
  private endedAt = 0

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes a line; whether it is to be shown. */
  take(line: string): boolean {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how colours begin
    const plain = line.replace(/\u001b\[[0-9;]*m/g, '').trim()
    const figure = /^(Total|Passed|Skipped|Duration): +(\S+)$/.exec(plain)
    if (figure !== null) {
      const value = Number(figure[2])
      if (figure[1] === 'Total') {
        this.endedAt = this.now()
        this.total = value
      } else if (figure[1] === 'Passed') this.passed = value
      else if (figure[1] === 'Skipped') this.skipped = value
      else this.isOver = true
      return false
    }
    if (/^\S+\.test\.ts$/.test(plain)) {
      this.file = plain
      this.began.push({ file: plain, at: this.now() })
    }
    return plain !== ''
  }

  /** How many seconds each file took. */
  seconds(): readonly (readonly [file: string, seconds: number])[] {
    return this.began.map(({ file, at }, i) => [
      file,
      ((this.began[i + 1]?.at ?? (this.endedAt || this.now())) - at) / 1000,
    ])
  }
}

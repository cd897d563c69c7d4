/** Where the command writes. Nothing else in it touches the process's streams. */
export interface Output {
  /** A line of the report. */
  say(text?: string): void
  /** A line about what went wrong, to stderr. */
  warn(text: string): void
  /** Where progress is shown; undefined where nobody looks. */
  readonly progressOn: NodeJS.WriteStream | undefined
}

/** Text from outside, without what would drive a terminal. */
export const clean = (text: string): string => text.replace(/\p{C}/gu, '\ufffd')

/** @param quiet nothing but the result is wanted on stdout */
export const processOutput = (quiet: boolean): Output => ({
  say: (text = '') => {
    process.stdout.write(`${text}\n`)
  },
  warn: text => {
    process.stderr.write(`${text}\n`)
  },
  progressOn: quiet ? (process.stderr.isTTY ? process.stderr : undefined) : process.stdout,
})

/** Where the demo writes. Nothing else in it touches the process's streams. */
export interface Output {
  /** A line of the report. */
  say(text?: string): void
  /** A line about what went wrong, to stderr. */
  warn(text: string): void
  /** How many columns the reader sees. */
  readonly columns: number
}

/** Text from messages, without what would drive a terminal. */
export const clean = (text: string): string => text.replace(/\p{C}/gu, '\ufffd')

const columnsOf = (stream: NodeJS.WriteStream): number =>
  stream.isTTY && stream.columns > 0 ? stream.columns : 100

export const processOutput: Output = {
  say: (text = '') => {
    process.stdout.write(`${text}\n`)
  },
  warn: text => {
    process.stderr.write(`${text}\n`)
  },
  get columns() {
    return columnsOf(process.stdout)
  },
}

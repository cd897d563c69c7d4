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

/** Text in lines of at most `columns`, broken between words, all indented as the first. */
export const wrapped = (text: string, columns: number): string => {
  const indent = /^ */.exec(text)?.[0] ?? ''
  const lines: string[] = []
  let line = ''
  for (const word of text.trim().split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map(each => indent + each).join('\n')
}

/** How wide a file or a pipe is taken to be. */
const columnsOfPipe = 120

const columnsOf = (stream: NodeJS.WriteStream): number =>
  stream.isTTY && stream.columns > 0 ? stream.columns : columnsOfPipe

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

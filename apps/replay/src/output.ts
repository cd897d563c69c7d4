/** Where the commands write. Nothing else touches the process's streams. */
export interface Output {
  readonly json: boolean
  /** A line for a person; nothing with `--json`. */
  say(text?: string): void
  /** The one object, or one of the lines, that `--json` prints; nothing without. */
  object(value: unknown): void
}

export const outputOf = (json: boolean): Output => ({
  json,
  say: (text = '') => {
    if (!json) process.stdout.write(`${text}\n`)
  },
  object: value => {
    if (json) process.stdout.write(`${JSON.stringify(value)}\n`)
  },
})

/** Said on the error stream; exit code 1. */
export const absent = (sentence: string): number => {
  process.stderr.write(`${sentence}\n`)
  return 1
}

/** Text from the log, without what would drive a terminal. */
export const clean = (text: string): string => text.replace(/\p{C}/gu, '\ufffd')

export const count = (n: number): string => n.toLocaleString('en-US')

/** `1 commit`, `2 commits`. */
export const counted = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? '' : 's'}`

/** A text cut to a width. */
export const short = (text: string, most = 80): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text

import { type Ran, runHere } from './in-process.test-kit.js'

/** Each command that only reads, for a ledger with the workflow l/b. `output` is a file that may be written. */
export const readingCommands = (output: string): readonly (readonly string[])[] => [
  ['status'],
  ['verify'],
  ['history', 'l'],
  ['history', 'l', 'b'],
  ['state', 'l', 'b'],
  ['diff', 'l', 'b', '--from', '0'],
  ['quarantine', 'list'],
  ['rebuild', '--dry-run'],
  ['export', '--output', output],
]

export interface Tried extends Partial<Ran> {
  readonly args: readonly string[]
  /** The code and the sentence of the error that it ended with. */
  readonly error?: string
}

/** Runs them one after the other. */
export const tryReading = async (store: string, output: string): Promise<readonly Tried[]> => {
  const tried: Tried[] = []
  for (const args of readingCommands(output))
    try {
      tried.push({ args, ...(await runHere([...args, '--store', store])) })
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      tried.push({ args, error: `${code}: ${message}` })
    }
  return tried
}

import { program } from './program.js'

const signals = ['SIGINT', 'SIGTERM'] as const

/** Forgets the listeners that a command adds: it takes its process for its own. */
const listening = () => {
  const before = signals.map(signal => new Set(process.listeners(signal)))
  return (): void => {
    for (const [i, signal] of signals.entries())
      for (const listener of process.listeners(signal))
        if (before[i]?.has(listener) === false) process.removeListener(signal, listener)
  }
}

export interface Ran {
  readonly code: number
  readonly out: string
}

/** Runs a command in this process, which is much faster than in one of its own. `onPrinted` is told all that is printed so far. */
export const runHere = async (
  args: readonly string[],
  onPrinted: (out: string) => void = () => {},
): Promise<Ran> => {
  const { write } = process.stdout
  const forget = listening()
  let out = ''
  let code = 0
  const keep = (chunk: unknown, ...rest: readonly unknown[]): boolean => {
    out += String(chunk)
    onPrinted(out)
    const done = rest.find((one): one is () => void => typeof one === 'function')
    if (done !== undefined) setImmediate(done)
    return true
  }
  Object.assign(process.stdout, { write: keep })
  try {
    await program(ended => {
      code = ended
    }).parseAsync(args, { from: 'user' })
  } finally {
    Object.assign(process.stdout, { write })
    forget()
  }
  return { code, out }
}

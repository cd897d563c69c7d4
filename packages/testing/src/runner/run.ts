import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Tally } from './tally.js'

/** What is to be run, and how long it may take. */
export interface Run {
  readonly name: string
  /** What uvu is told: a pattern of files, and options. */
  readonly uvu: readonly string[]
  /** Below which folder. */
  readonly folder: string
  /** Aborts when it is to be over. */
  readonly limit: AbortSignal
  /** For how long a process may stay when all of its tests are over, in milliseconds. */
  readonly lingerMs: number
  readonly show: (line: string) => void
}

export interface Outcome {
  readonly tally: Tally
  /** Why it counts as failed, besides the tests that did; undefined where it ended by itself. */
  readonly trouble: string | undefined
}

const saysMs = 5000

const kill = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // They have all ended.
  }
}

/** Has a process say what it keeps open, and ends it with all that it started, also where it does not listen any more. */
const endOf = (child: ChildProcess): void => {
  child.kill('SIGUSR2')
  setTimeout(() => kill(child, 'SIGKILL'), saysMs).unref()
}

/** Runs tests in a process of their own, which ends in any case. */
export const run = async ({ name, uvu, folder, limit, lingerMs, show }: Run): Promise<Outcome> => {
  const bin = join(dirname(createRequire(import.meta.url).resolve('uvu')), '..', 'bin.js')
  const hook = fileURLToPath(new URL('./what-is-open.ts', import.meta.url))
  const args = [bin, '-r', 'tsx', '-r', hook, '.', ...uvu, '-i', 'node_modules', '-i', 'dist']
  // A group of its own: what the tests start ends with them.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const stop = (): void => kill(child, 'SIGKILL')
  process.once('exit', stop)
  const tally = new Tally()
  let trouble: string | undefined
  const end = (why: string): void => {
    trouble ??= why
    show(`${why} Of this process is`)
    endOf(child)
  }
  const late = (): void => end(`${name} was not over in time; it was at ${tally.file ?? 'its first file'}.`)
  limit.addEventListener('abort', late)
  let linger: NodeJS.Timeout | undefined
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      if (tally.take(line)) show(line)
      if (tally.isOver)
        linger ??= setTimeout(
          () => end(`${name}: all tests are over, and the process has not ended for ${lingerMs / 1000} s.`),
          lingerMs,
        )
    })
  const [code, signal] = await once(child, 'close')
  limit.removeEventListener('abort', late)
  clearTimeout(linger)
  stop()
  process.off('exit', stop)
  if (!tally.isOver)
    trouble ??= `${name} ended (${code ?? signal}) in ${tally.file ?? 'loading'}, before its tests were over.`
  return { tally, trouble }
}

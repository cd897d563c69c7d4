import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Child {
  readonly child: ChildProcess
  /** What it has written so far. */
  readonly said: { readonly out: string; readonly err: string }
  readonly ended: Promise<Ended>
}

export interface Children {
  /** Starts the program with no more environment than is given. */
  run(args: readonly string[], env?: Record<string, string>): Child
  /** Ends all that a test may have left. */
  end(): void
}

/** Processes of one program, for its tests. */
export const childrenOf = (main: URL): Children => {
  const started: ChildProcess[] = []
  return {
    run: (args, env = {}) => {
      const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(main), ...args], {
        env: { PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      started.push(child)
      const said = { out: '', err: '' }
      child.stdout.on('data', data => {
        said.out += data
      })
      child.stderr.on('data', data => {
        said.err += data
      })
      const ended = once(child, 'close').then(([code]): Ended => ({ code, ...said }))
      return { child, said, ended }
    },
    end: () => {
      for (const child of started) child.kill('SIGKILL')
    },
  }
}

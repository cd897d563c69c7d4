import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

/** By its place, for the demo runs in other folders. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts the demo as a process of its own, in a folder and with no more environment than is given. */
export const startDemo = (
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Started => {
  const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', data => {
    said.out += data
  })
  child.stderr.on('data', data => {
    said.err += data
  })
  const ended = once(child, 'close').then(([code]: unknown[]) => ({
    code: typeof code === 'number' ? code : null,
    ...said,
  }))
  return { child, ended }
}

export const runDemo = (cwd: string, args: readonly string[], env?: Record<string, string>): Promise<Ended> =>
  startDemo(cwd, args, env).ended

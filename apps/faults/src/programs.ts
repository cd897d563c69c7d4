import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { whenOver } from './over.js'
import { until } from './until.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
export interface Program {
  readonly child: ChildProcess
  readonly said: { out: string; err: string }
  /** The exit code; null after a signal. */
  readonly ended: Promise<number | null>
  /** What its log says, the newest last. */
  lines(): readonly Readonly<Record<string, unknown>>[]
}

const start = (main: string, args: readonly string[], env: Readonly<Record<string, string>>): Program => {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  whenOver(() => {
    child.kill('SIGCONT')
    child.kill('SIGKILL')
  })
  const said = { out: '', err: '' }
  child.stdout?.on('data', data => {
    said.out += data
  })
  child.stderr?.on('data', data => {
    said.err += data
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const lines = (): Readonly<Record<string, unknown>>[] =>
    said.out
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  return { child, said, ended, lines }
}

export const leaseMs = 1000

/** A server that works on whatever it can claim, until it is stopped. */
export const startServer = (store: string, server: string, stages: readonly string[]): Program =>
  start('apps/faults/src/server.ts', [], { STORE: store, SERVER: server, STAGES: stages.join() })

/** A service that takes its messages from a queue of a broker, until it is stopped. */
export const startBusService = (store: string, bus: string, queue: string): Program =>
  start('apps/faults/src/bus-service.ts', [], { STORE: store, BUS: bus, QUEUE: queue })

export const startWorker = (store: string, rebuild: 'auto' | 'manual' = 'manual'): Program =>
  start('apps/projector/src/main.ts', ['--port', '0', '--host', '127.0.0.1'], {
    STORE: store,
    LEASE_MS: String(leaseMs),
    REBUILD: rebuild,
  })

export const startReplay = (store: string, ...args: readonly string[]): Program =>
  start('apps/replay/src/main.ts', args, { STORE: store })

/** The exit code of a program that is to end by itself. */
export const endOf = async ({ ended }: Program, withinMs = 60_000): Promise<number | null> => {
  const late = Symbol('late')
  const timer = setTimeout(withinMs, late, { ref: false })
  const code = await Promise.race([ended, timer])
  if (code === late) throw new Error(`a program did not end within ${withinMs} ms`)
  return code as number | null
}

/** The partitions that a worker holds, as it last said. */
export const holds = (worker: Program): number => {
  const last = worker.lines().findLast(({ msg }) => msg === 'partitions changed')
  return (last?.partitions as readonly number[] | undefined)?.length ?? 0
}

export const projecting = (worker: Program): Promise<void> =>
  until(
    `a worker to begin; it said: ${worker.said.err}`,
    () => holds(worker) > 0 || worker.child.exitCode !== null,
  )

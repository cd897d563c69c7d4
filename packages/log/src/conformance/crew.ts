import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Receipt } from '../receipt.js'
import type { Elsewhere } from './fixture.js'
import type { Raw } from './kit.js'

/** What a process of the crew is told to do. */
export interface Job {
  readonly module: string
  readonly location: string
  readonly ledger: string
  readonly server: string
  readonly messages: readonly Raw[]
  /** How many messages are under way at once. */
  readonly together: number
}

/** What a process of the crew tells. */
export type Report =
  | { readonly tag: 'ready' }
  | { readonly tag: 'receipt'; readonly index: number; readonly receipt: Receipt }
  | { readonly tag: 'done' }

/** A process that writes messages. */
export interface Hand {
  /** By the index of the message, as far as they came. */
  readonly receipts: readonly (Receipt | undefined)[]
  readonly finished: Promise<void>
  /** Ends it as a power failure does. */
  kill(): void
}

const here = fileURLToPath(new URL('.', import.meta.url))

/** Processes that each open the ledger and write to it with a `Writer` of their own, all at once. */
export class Crew {
  private readonly processes: ChildProcess[] = []

  constructor(
    private readonly elsewhere: () => Promise<Elsewhere>,
    private readonly ledger: string,
  ) {}

  /**
   * Starts a process for each list of messages; they begin when all of them have opened the ledger.
   * @param onReceipt called at each receipt of any of them
   */
  async set(
    work: readonly (readonly Raw[])[],
    together = 20,
    onReceipt?: (hand: Hand) => void,
  ): Promise<Hand[]> {
    const elsewhere = await this.elsewhere()
    const started = work.map((messages, i) =>
      this.start({ ...elsewhere, ledger: this.ledger, server: `server-${i}`, messages, together }, onReceipt),
    )
    await Promise.all(started.map(({ ready }) => ready))
    return started.map(({ child, hand }) => {
      child.send('go')
      return hand
    })
  }

  /** Ends those that still run. */
  dismiss(): void {
    for (const child of this.processes) if (child.exitCode === null) child.kill('SIGKILL')
  }

  private start(job: Job, onReceipt: ((hand: Hand) => void) | undefined) {
    const child = fork(`${here}child.ts`, [], {
      cwd: here,
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.processes.push(child)
    const receipts: Receipt[] = []
    let complaint = ''
    child.stderr?.on('data', text => {
      complaint += String(text)
    })
    let killed = false
    let ready = () => {}
    let done = false
    const isReady = new Promise<void>(resolve => {
      ready = resolve
    })
    const exit = new Promise<void>((resolve, reject) =>
      child.once('close', () =>
        done || killed ? resolve() : reject(new Error(`${job.server} ended early.\n${complaint}`)),
      ),
    )
    // Whoever waits for it is told; nobody does when the test is over already.
    exit.catch(() => {})
    const hand: Hand = {
      receipts,
      finished: exit,
      kill: () => {
        killed = true
        child.kill('SIGKILL')
      },
    }
    child.on('message', (report: Report) => {
      if (report.tag === 'ready') ready()
      if (report.tag === 'done') done = true
      if (report.tag !== 'receipt') return
      receipts[report.index] = report.receipt
      onReceipt?.(hand)
    })
    child.send(job)
    return { child, hand, ready: Promise.race([isReady, exit]) }
  }
}

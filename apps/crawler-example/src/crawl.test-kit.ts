import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type CrawlEvent, openLedger, type WorkflowRef } from 'crawl-ledger'

const child = fileURLToPath(new URL('./crawl.child.ts', import.meta.url))

export interface Ended {
  /** null where a signal ended it. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Crawls in a process of its own, whose claims end a second after it. */
export const startCrawl = (
  ...args: readonly string[]
): { readonly process: ChildProcess; readonly ended: Promise<Ended> } => {
  const started = spawn(process.execPath, ['--import', 'tsx', child, ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  started.stdout.on('data', data => {
    said.out += data
  })
  started.stderr.on('data', data => {
    said.err += data
  })
  const ended = once(started, 'close').then(([code]: unknown[]) => ({
    code: typeof code === 'number' ? code : null,
    ...said,
  }))
  return { process: started, ended }
}

/** Where requests wait until they are let through. */
export class Gate {
  private waiting: { readonly path: string; readonly pass: () => void }[] = []
  private readonly heard = new Set<() => void>()
  private holds: ((path: string) => boolean) | undefined

  /** From now on requests wait for whose paths this is true. */
  hold(holds: (path: string) => boolean): void {
    this.holds = holds
  }

  /** Lets through who waits, and everyone from now on. */
  open(): void {
    this.holds = undefined
    for (const { pass } of this.waiting.splice(0)) pass()
  }

  /** Resolves when so many requests wait. */
  async held(n: number): Promise<void> {
    while (this.waiting.length < n)
      await new Promise<void>(resolve => {
        const wake = (): void => {
          this.heard.delete(wake)
          resolve()
        }
        this.heard.add(wake)
      })
  }

  readonly gate = (path: string): Promise<void> | void => {
    if (this.holds?.(path) !== true) return
    return new Promise(pass => {
      this.waiting.push({ path, pass })
      for (const wake of this.heard) wake()
    })
  }
}

/** Resolves when a workflow's log has such an event. */
export const inLog = async (
  store: string,
  workflow: WorkflowRef,
  isIt: (event: CrawlEvent) => boolean,
): Promise<void> => {
  const ledger = await openLedger({ store, project: false })
  try {
    for (;;) {
      for await (const { event } of ledger.history(workflow)) if (isIt(event)) return
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  } finally {
    await ledger.close()
  }
}

/** What a log tells of a workflow: how often each stage of each item was claimed, completed and failed. */
export const countedIn = async (store: string, workflow: WorkflowRef) => {
  const ledger = await openLedger({ store, project: true })
  const counts = new Map<string, number>()
  const servers = new Set<string>()
  const names = new Map<string, string>()
  for await (const { event } of ledger.history(workflow)) {
    if (event.type === 'ItemFound')
      names.set(event.data.itemId, event.data.itemUrl?.replace(/.*\//, '') ?? '')
    if (event.type === 'StageClaimed') servers.add(event.data.server)
    // A claim that is prolonged is no other one, and what was done is not done again by being told again.
    if (event.type === 'StageClaimed' && event.data.renewed) continue
    if (event.type === 'StageCompleted' && event.data.done === 'before') continue
    if (event.type === 'ErrorRecorded' && (event.data.again || !event.data.fails)) continue
    if (
      event.type === 'StageClaimed' ||
      event.type === 'StageCompleted' ||
      event.type === 'ErrorRecorded' ||
      event.type === 'ItemGivenUp'
    ) {
      const stage = 'stage' in event.data ? event.data.stage : ''
      const key = [event.type, stage, names.get(event.data.itemId ?? '') ?? ''].join(' ').trim()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  await ledger.caughtUp()
  const { generatedAt: _, ...analytics } = (await ledger.analytics(workflow.locationId)) ?? {
    generatedAt: '',
  }
  await ledger.close()
  return { counts, analytics, servers }
}

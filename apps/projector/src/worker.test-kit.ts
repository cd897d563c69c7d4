import { crawl } from '@crawl-ledger/domain'
import type { Leases, Store } from '@crawl-ledger/log'
import { openLedger } from 'crawl-ledger'
import { Worker, type WorkerOptions } from './worker.js'

/** Resolves as soon as something is so. */
export const until = async (isSo: () => boolean | Promise<boolean>, withinMs = 120_000): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it did not become so within ${withinMs} ms`)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

/** Records some messages of several locations, each once per round. */
export const record = async (store: string, round: number): Promise<void> => {
  const ledger = await openLedger({ store, project: false })
  for (const locationId of ['berlin', 'kyoto', 'osaka', 'quito']) {
    const context = {
      batchId: `b${round}`,
      locationId,
      stage: 'find-location',
      timestamp: '2024-05-01T12:00:00.000Z',
      completedStages: [],
      metadata: {},
    }
    await ledger.handle({ type: 'new_batch', id: `${locationId}${round}:1`, context, payload: {} })
    await ledger.handle({
      type: 'item_found',
      id: `${locationId}${round}:2`,
      context: { ...context, stage: 'crawl-media' },
      payload: { itemId: 'm', itemType: 'image' },
    })
  }
  await ledger.close()
}

export const behind = async (store: string): Promise<number> => {
  const ledger = await openLedger({ store, project: false })
  const { commits } = await ledger.lag()
  await ledger.close()
  return commits
}

/** Makes the views those of the version before this program's. */
export const makeOutdated = async ({ builds }: Store): Promise<void> => {
  const found = await builds.record(crawl.name)
  const record = found ?? { projection: crawl.name, revision: 0, build: 1, latest: 1 }
  await builds.put({ ...record, revision: record.revision + 1, version: crawl.version - 1 })
}

export interface Said {
  readonly message: string
  readonly fields: object
}

/** A worker and what it logs. */
export const workerOf = (store: Store, options: Partial<WorkerOptions> = {}) => {
  const said: Said[] = []
  const say = (fields: object, message: string): void => {
    said.push({ fields, message })
  }
  const logger = { info: say, warn: say, error: say }
  const worker = new Worker(store, { name: 'w', leaseMs: 300, rebuild: 'manual', logger, ...options })
  return {
    worker,
    done: worker.run(),
    said,
    times: (text: string) => said.filter(s => s.message === text).length,
  }
}

/** A store that one worker can be cut off from: what it asks is never answered, as if it had died. */
export const cuttable = (
  store: Store,
): { readonly store: Store; readonly cut: () => void; readonly end: () => void } => {
  let state: 'good' | 'dead' | 'ended' = 'good'
  let waiting: (() => void)[] = []
  const pass = async <A>(ask: () => Promise<A>): Promise<A> => {
    if (state === 'dead') await new Promise<void>(resolve => waiting.push(resolve))
    if (state !== 'good') throw new Error('cut off')
    return ask()
  }
  const leases: Leases = {
    list: prefix => pass(() => store.leases.list(prefix)),
    take: (owner, names, forMs) => pass(() => store.leases.take(owner, names, forMs)),
    release: (owner, names) => pass(() => store.leases.release(owner, names)),
  }
  return {
    store: { ...store, leases },
    cut: () => {
      state = 'dead'
    },
    end: () => {
      state = 'ended'
      for (const go of waiting) go()
      waiting = []
    },
  }
}

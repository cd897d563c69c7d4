import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ledger, openLedger, StoreUnavailable } from 'crawl-ledger'

export interface Message {
  readonly id: string
  readonly type: string
  readonly locationId: string
  readonly batchId: string
  readonly [field: string]: unknown
}

const locations = Array.from({ length: 12 }, (_, i) => `place-${i}`)
const items = ['a', 'b', 'c']

/** When a workflow began; each message of it comes a second later. */
const start = Date.parse('2024-05-01T12:00:00.000Z')

/** One workflow: its batch searched, three items found and downloaded, one error, completed. */
const workflow = (locationId: string, batchId: string): readonly Message[] => {
  let count = 0
  const message = (type: string, stage: string, payload?: object, item: object = {}): Message => {
    count += 1
    const timestamp = new Date(start + count * 1000).toISOString()
    const context = { batchId, locationId, stage, timestamp, completedStages: [], metadata: {}, ...item }
    const id = `${locationId}:${batchId}:${count}`
    return { id, type, locationId, batchId, context, ...(payload === undefined ? {} : { payload }) }
  }
  const batch = ['find-location', 'control', 'crawl-media']
  return [
    message('new_batch', 'find-location', { locationId, queries: ['park'] }),
    ...items.map(itemId => message('item_found', 'crawl-media', { itemId, itemUrl: `https://x/${itemId}` })),
    ...batch.map(stage => message('stage_complete', stage, { results: {} })),
    ...items.map(itemId =>
      message('stage_complete', 'prep-media', { results: { mediaInfo: { size: 7 } } }, { itemId }),
    ),
    message('error', 'analyse-media', { error: 'no answer' }, { itemId: 'a' }),
    message('workflow_complete', 'crawl-media'),
  ]
}

/** The messages of so many workflows at each of twelve locations, all locations at once, every eighth delivered twice. */
export const crawlOf = (batches: number, from = 0): readonly Message[] => {
  const messages: Message[] = []
  for (let batch = from; batch < from + batches; batch += 1) {
    const workflows = locations.map(location => workflow(location, `batch-${batch}`))
    for (let step = 0; step < (workflows[0]?.length ?? 0); step += 1)
      for (const one of workflows) {
        const message = one[step] as Message
        messages.push(message)
        if (messages.length % 8 === 0) messages.push(message)
      }
  }
  return messages
}

/** What each location must count after so many batches: told by counting, and by no system. */
export const countsOf = (batches: number) => ({
  totalMediaItems: items.length * batches,
  activeWorkflows: 0,
  completedWorkflows: batches,
  failedWorkflows: 0,
  errorCount: batches,
})

export const locationIds: readonly string[] = locations

export interface Sending {
  /** About so many messages a second; by default as many as are taken. */
  readonly perSecond?: number
  /** Messages under way at once. */
  readonly together?: number
}

/** A service that finds no store at its start ends, and is started again. */
const opened = async (store: string): Promise<Ledger> => {
  for (;;)
    try {
      return await openLedger({ store, project: false, retryForMs: 1000 })
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await sleep(50)
    }
}

/** Hands in messages as a crawler service does: what is not taken is sent again, until all have a receipt. */
export const send = async (
  store: string,
  messages: readonly Message[],
  { perSecond = Number.POSITIVE_INFINITY, together = 30 }: Sending = {},
): Promise<void> => {
  const ledger = await opened(store)
  const start = performance.now()
  let next = 0
  const work = async (): Promise<void> => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
      const early = (next / perSecond) * 1000 - (performance.now() - start)
      if (early > 0) await sleep(early)
      for (;;) {
        const receipt = await ledger.handle(message)
        if (receipt.outcome !== 'unavailable') {
          assert.notEqual(receipt.outcome, 'rejected', JSON.stringify(receipt))
          break
        }
        await sleep(50)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: together }, work))
  } finally {
    await ledger.close()
  }
}

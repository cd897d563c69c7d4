import { itemIdOf } from '@crawl-ledger/domain'
import type { Ledger, LedgerOptions, WorkflowContext } from './index.js'
import { openLedger } from './index.js'

export interface TestMessage {
  readonly id: string
  readonly type: string
  readonly context: WorkflowContext
  readonly payload?: { readonly [field: string]: unknown }
}

type Given = Partial<WorkflowContext> & { readonly locationId: string }

/** A batch's context with what a test says of it. */
export const batchContext = (given: Given): WorkflowContext => ({
  batchId: 'b',
  stage: 'crawl-media',
  timestamp: '2024-05-01T12:00:00.000Z',
  completedStages: [],
  metadata: {},
  ...given,
})

export const urlOf = (name: string): string => `https://media.example/${name}`

/** The context of the item at the address that has this name in it. */
export const itemContext = (name: string, given: Given): WorkflowContext => ({
  ...batchContext({ stage: 'prep-media', completedStages: ['crawl-media'], ...given }),
  itemId: itemIdOf(given.batchId ?? 'b', urlOf(name)),
  itemUrl: urlOf(name),
  itemType: 'image',
})

/** A workflow with two items and a stage of each; every third fails, every fourth stays active. */
const workflow = (locationId: string, batch: number): readonly TestMessage[] => {
  const batchId = `batch-${batch}`
  let count = 0
  const next = () => {
    count += 1
    const timestamp = new Date(Date.UTC(2024, 4, 1, 12, batch, count)).toISOString()
    return { id: `${locationId}:${batch}:${count}`, given: { locationId, batchId, timestamp } }
  }
  const ofBatch = (type: string, stage: string, payload: object): TestMessage => {
    const { id, given } = next()
    return { id, type, context: batchContext({ ...given, stage }), payload: { ...payload } }
  }
  const ofItem = (type: string, name: string, payload: object): TestMessage => {
    const { id, given } = next()
    return { id, type, context: itemContext(name, given), payload: { ...payload } }
  }
  const names = [`${batch}-a`, `${batch}-b`] as const
  const opening = [
    ofBatch('new_batch', 'find-location', { locationId, countryCode: 'JP', queries: ['park'] }),
    ...names.map(name => ofBatch('item_found', 'crawl-media', { itemUrl: urlOf(name), itemType: 'image' })),
    ...names.map(name => ofItem('stage_complete', name, { results: { processingTime: 10, size: 100 } })),
    ofItem('error', names[0], { error: 'no answer', stage: 'analyse-media' }),
  ]
  if (batch % 3 === 0) return [...opening, ofBatch('error', 'crawl-media', { error: 'quota' })]
  return batch % 4 === 0 ? opening : [...opening, ofBatch('workflow_complete', 'crawl-media', {})]
}

/** The messages of so many workflows at each of these locations, a redelivery after each third. */
export const stream = (locations: readonly string[], workflows: number): readonly TestMessage[] =>
  locations.flatMap(location =>
    Array.from({ length: workflows }, (_, i) => workflow(location, i + 1))
      .flat()
      .flatMap((message, i) => (i % 3 === 0 ? [message, message] : [message])),
  )

/** The counters that a stream must lead to, told apart from any system: by counting its workflows. */
export const countersOf = (workflows: number) => {
  const batches = Array.from({ length: workflows }, (_, i) => i + 1)
  const failed = batches.filter(b => b % 3 === 0).length
  const active = batches.filter(b => b % 3 !== 0 && b % 4 === 0).length
  return {
    totalMediaItems: 2 * workflows,
    activeWorkflows: active,
    completedWorkflows: workflows - failed - active,
    failedWorkflows: failed,
    errorCount: workflows + failed,
  }
}

/** Opens a ledger, uses it and closes it whatever happens. */
export const withLedger = async <A>(
  options: LedgerOptions,
  use: (ledger: Ledger) => Promise<A>,
): Promise<A> => {
  const ledger = await openLedger(options)
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

export const collected = async <A>(values: AsyncIterable<A>): Promise<readonly A[]> => {
  const result: A[] = []
  for await (const value of values) result.push(value)
  return result
}

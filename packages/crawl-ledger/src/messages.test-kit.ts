import type { Ledger, LedgerOptions } from './index.js'
import { openLedger } from './index.js'

export interface TestMessage {
  readonly id: string
  readonly type: string
  readonly [field: string]: unknown
}

const step = (location: string, batch: number) => {
  let count = 0
  return (type: string, rest: object): TestMessage => {
    count += 1
    const at = new Date(Date.UTC(2024, 4, 1, 12, batch, count)).toISOString()
    return {
      id: `${location}:${batch}:${count}`,
      type,
      locationId: location,
      batchId: `batch-${batch}`,
      at,
      ...rest,
    }
  }
}

/** A workflow with two items and one stage; every third fails, every fourth stays active. */
const workflow = (location: string, batch: number): readonly TestMessage[] => {
  const message = step(location, batch)
  const media = [`${batch}-a`, `${batch}-b`]
  const opening = [
    message('new-batch', { countryCode: 'JP', queries: ['park'], stages: ['download'] }),
    ...media.map(mediaId => message('item-found', { item: { mediaId, kind: 'photo' } })),
    ...media.map(mediaId =>
      message('stage-complete', {
        stage: 'download',
        mediaId,
        processing: { durationMs: 10, sizeBytes: 100 },
      }),
    ),
    message('error', { error: { message: 'no answer' }, stage: 'download', mediaId: media[0] }),
  ]
  if (batch % 3 === 0) return [...opening, message('error', { error: { message: 'quota' }, fatal: true })]
  return batch % 4 === 0 ? opening : [...opening, message('workflow-complete', { summary: { items: 2 } })]
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

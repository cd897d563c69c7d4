import { type WorkflowContext, WorkflowTracker } from 'crawl-ledger'

/** One message of the bench's stream: what a crawler service would send. */
export interface BenchMessage {
  readonly id: string
  readonly type:
    | 'new_batch'
    | 'item_found'
    | 'stage_complete'
    | 'workflow_progress'
    | 'error'
    | 'workflow_complete'
  readonly context: WorkflowContext
  readonly payload: { readonly [field: string]: unknown }
}

const itemsPerWorkflow = 5
const workflowsPerLocation = 50
const coordinates = { lat: 34.68653437337396, lng: 135.52582424865906 }

/** What each stage of an item finds out, in the sizes of the real streams. */
const resultsOf = (index: number, item: number): readonly (readonly [string, object])[] => [
  [
    'prep-media',
    {
      mediaInfo: { duration: 2.6, size: 3_046_543 + item, takenAt: '2008-07-31T14:00:00.000Z' },
      processingTime: 258,
    },
  ],
  ['analyse-media', { analysisResults: { category: 'Park', confidence: 0.373 }, processingTime: 516 }],
  ['enrich-venue', { enrichmentData: { venue: `venue-${index}-${item}` } }],
]

/** The messages of one workflow, 27 of them, as in the real streams: five items, three stages each. */
function* workflow(name: string, index: number): Generator<BenchMessage> {
  const locationId = `${name}-${Math.floor(index / workflowsPerLocation)}`
  const batchId = `batch_${locationId}_${1_700_000_000_000 + index}_14f895`
  const started = 1_700_000_000_000 + index * 100_000
  const place = { locationName: 'Osaka park', countryCode: 'JP' }
  const queries = ['park', 'osaka']
  let count = 0
  const now = (): string => new Date(started + count * 1000).toISOString()
  const message = (
    type: BenchMessage['type'],
    context: WorkflowContext,
    payload: BenchMessage['payload'],
  ): BenchMessage => ({ id: `${batchId}_${type}_${count++}`, type, context, payload })

  let batch = WorkflowTracker.createBatchContext(
    { batchId, locationId, ...place, metadata: { inputQueries: queries, coordinates } },
    now(),
  )
  yield message('new_batch', batch, { locationId, ...place, queries })
  const done = (stage: string, results: object): BenchMessage => {
    batch = WorkflowTracker.moveToStage(batch, stage, now())
    const told = message('stage_complete', batch, { results })
    batch = WorkflowTracker.completeStage(batch, { ...results }, now())
    return told
  }
  yield done('find-location', { coordinates })
  yield done('control', { generatedQueries: ['park Osaka park', 'osaka Osaka park'] })
  batch = WorkflowTracker.moveToStage(batch, 'crawl-media', now())
  let items: WorkflowContext[] = []
  for (let i = 0; i < itemsPerWorkflow; i += 1) {
    const found = { itemUrl: `https://photos.example/3e5d9abbd9a0/${index}-${i}`, itemType: 'image' } as const
    items.push(WorkflowTracker.createItemContext(batch, found, now()))
    yield message('item_found', batch, found)
  }
  yield done('crawl-media', { itemsFound: itemsPerWorkflow })
  for (const stage of [0, 1, 2]) {
    const next: WorkflowContext[] = []
    for (const [i, item] of items.entries()) {
      const [stageName, results] = resultsOf(index, i)[stage] ?? ['', {}]
      const context = WorkflowTracker.moveToStage(item, stageName, now())
      yield message('stage_complete', context, { results })
      next.push(WorkflowTracker.completeStage(context, { ...results }, now()))
    }
    items = next
    if (stage === 0) yield message('workflow_progress', batch, {})
    const [first = batch] = items
    if (stage === 1) yield message('error', first, { error: 'the AI service did not answer', fatal: false })
    if (stage === 2) yield message('workflow_complete', first, {})
  }
}

/**
 * `total` messages of workflows that are crawled `together` at a time, in turn.
 * With more together than messages are in flight, every message becomes a commit of its own.
 */
export function* crawl(name: string, total: number, together: number): Generator<BenchMessage> {
  let sent = 0
  for (let first = 0; sent < total; first += together) {
    let running = Array.from({ length: together }, (_, i) => workflow(name, first + i))
    while (running.length > 0) {
      const next: typeof running = []
      for (const source of running) {
        const { value, done } = source.next()
        if (done === true) continue
        next.push(source)
        yield value
        sent += 1
        if (sent >= total) return
      }
      running = next
    }
  }
}

/** One message of the bench's stream: what a crawler service would send. */
export interface BenchMessage {
  readonly id: string
  readonly type: string
  readonly batchId: string
  readonly locationId: string
  readonly at: string
  readonly [field: string]: unknown
}

const itemsPerWorkflow = 5
const workflowsPerLocation = 50

/** The messages of one workflow: 19 of them, as in the real streams (five items, two stages each). */
function* workflow(name: string, index: number): Generator<BenchMessage> {
  const batchId = `visit-${index}`
  const locationId = `${name}-${Math.floor(index / workflowsPerLocation)}`
  let count = 0
  const message = (type: string, rest: object): BenchMessage => {
    count += 1
    const at = new Date(1_700_000_000_000 + (index * 100 + count) * 1000).toISOString()
    return { id: `${name}:${index}:${count}`, type, batchId, locationId, at, ...rest }
  }
  const media = Array.from({ length: itemsPerWorkflow }, (_, i) => `${index}-photo-${i}`)
  yield message('new-batch', {
    countryCode: 'JP',
    queries: ['park', 'osaka'],
    geo: { latitude: 34.68, longitude: 135.52 },
    stages: ['download', 'analysis'],
    expectedItems: itemsPerWorkflow,
  })
  for (const mediaId of media)
    yield message('item-found', {
      item: { mediaId, kind: 'photo', author: '3e5d9abbd9a0', takenAt: '2008-07-31T14:00:00.000Z' },
    })
  for (const mediaId of media)
    yield message('stage-complete', {
      stage: 'download',
      mediaId,
      processing: { durationMs: 258, sizeBytes: 3046543 },
    })
  yield message('workflow-progress', { progress: 50, stage: 'analysis' })
  for (const mediaId of media)
    yield message('stage-complete', {
      stage: 'analysis',
      mediaId,
      result: { category: 'Park' },
      processing: { durationMs: 516 },
    })
  yield message('error', {
    stage: 'download',
    mediaId: media[0],
    error: { code: 'ETIMEDOUT', message: 'the photo server did not answer' },
  })
  yield message('workflow-complete', { summary: { items: itemsPerWorkflow } })
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

import { openLedger, WorkflowTracker } from 'crawl-ledger'

const ledger = await openLedger({ store: 'memory:' }) // mongodb://HOST/ta_crawler in a service

const batch = { locationId: 'osaka-8', batchId: 'batch_osaka-8_1764000000000_k3x' }
const context = WorkflowTracker.createBatchContext({ ...batch, metadata: { inputQueries: ['park'] } })
await ledger.handlers.handleNewBatch(context, { locationId: 'osaka-8', countryCode: 'JP', queries: ['park'] })

const crawling = WorkflowTracker.moveToStage(context, 'crawl-media')
const itemUrl = 'https://example.org/photo-1.jpg'
const { outcome, itemId } = await ledger.handlers.handleItemFound(crawling, { itemUrl, itemType: 'image' })

await ledger.handle({ type: 'stage_complete', context: crawling, payload: { results: { pages: 3 } } }) // as from a broker

await ledger.caughtUp()
const workflow = await ledger.workflows.get(batch)
const analytics = await ledger.analytics('osaka-8')
for await (const { position, event } of ledger.history(batch))
  process.stdout.write(`${position} ${event.type}\n`)
process.stdout.write(
  `${outcome} ${itemId}, ${workflow?.items.found} found, ${analytics?.activeWorkflows} active\n`,
)
await ledger.close()

import { type WorkflowContext, WorkflowDatabase, WorkflowTracker } from './index.js'
import { urlOf } from './messages.test-kit.js'

export const batchId = 'batch_osaka_1714564800000_k3f9'

let clock = 0

/** A time later than the one before. */
const next = (): string => {
  clock += 1
  return new Date(Date.UTC(2024, 4, 1, 12, 0, clock)).toISOString()
}

/** Where the services call `WorkflowDatabase`, each with what it calls there. */
const services = {
  newBatch: async (context: WorkflowContext): Promise<void> => {
    await WorkflowDatabase.saveWorkflow(context)
    await WorkflowDatabase.saveLocation(context)
  },
  itemFound: async (item: WorkflowContext): Promise<void> => {
    await WorkflowDatabase.saveWorkflow(item)
  },
  stageComplete: async (context: WorkflowContext): Promise<void> => {
    await WorkflowDatabase.saveWorkflow(context)
    if (context.itemId) await WorkflowDatabase.saveMediaItem(context)
  },
  progress: async (context: WorkflowContext): Promise<void> => {
    await WorkflowDatabase.saveWorkflow(context)
  },
  error: async (context: WorkflowContext): Promise<void> => {
    await WorkflowDatabase.saveWorkflow(context)
  },
  complete: async (item: WorkflowContext): Promise<void> => {
    await WorkflowDatabase.saveWorkflow(item)
    await WorkflowDatabase.saveMediaItem(item)
  },
}

export interface CallSite {
  readonly name: keyof typeof services
  readonly context: WorkflowContext
  readonly call: () => Promise<void>
}

const site = (name: CallSite['name'], context: WorkflowContext): CallSite => ({
  name,
  context,
  call: () => services[name](context),
})

const { moveToStage, completeStage, createBatchContext, createItemContext, addError } = WorkflowTracker

const done = (context: WorkflowContext, stage: string, results: object): WorkflowContext =>
  completeStage(moveToStage(context, stage, next()), { ...results }, next())

/** One workflow with two items, of which one is done and one fails, in the order in which the services call. */
export const callSites = (locationId = 'osaka'): readonly CallSite[] => {
  clock = 0
  const begun = createBatchContext(
    {
      batchId,
      locationId,
      locationName: 'Osaka',
      countryCode: 'JP',
      metadata: { inputQueries: ['castle'] },
    },
    next(),
  )
  const located = done(begun, 'find-location', { coordinates: { lat: 34.7, lng: 135.5 } })
  const controlled = done(located, 'control', { generatedQueries: ['osaka castle', '大阪城'] })
  const crawling = moveToStage(controlled, 'crawl-media', next())
  const [one, other] = ['one', 'other'].map(name =>
    createItemContext(crawling, { itemUrl: urlOf(name), itemType: 'image' }, next()),
  ) as [WorkflowContext, WorkflowContext]
  const [onePrepared, otherPrepared] = [one, other].map(item =>
    done(item, 'prep-media', { mediaInfo: { size: 100, duration: 7 } }),
  ) as [WorkflowContext, WorkflowContext]
  const analysed = done(onePrepared, 'analyse-media', { analysisResults: { tags: ['castle'] } })
  const analysing = moveToStage(otherPrepared, 'analyse-media', next())
  const failed = addError(analysing, 'no answer', next())
  const enriched = done(analysed, 'enrich-venue', { enrichmentData: { venue: 'castle' } })
  const crawled = completeStage(crawling, {}, next())
  return [
    site('newBatch', begun),
    site('stageComplete', located),
    site('stageComplete', controlled),
    site('itemFound', one),
    site('itemFound', other),
    site('stageComplete', onePrepared),
    site('stageComplete', otherPrepared),
    site('progress', analysing),
    site('stageComplete', analysed),
    site('error', failed),
    site('stageComplete', enriched),
    site('stageComplete', crawled),
    site('complete', enriched),
  ]
}

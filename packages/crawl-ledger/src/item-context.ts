import {
  defaultPlan,
  type MediaDocument,
  type WorkflowContext,
  type WorkflowDocument,
} from '@crawl-ledger/domain'

/** A batch's context to go on with. */
export const contextOf = ({ context }: WorkflowDocument): WorkflowContext => context as WorkflowContext

const ofBatch = ['inputQueries', 'queries', 'generatedQueries']

/** What was told of an item, without what its document takes from `mediaInfo`: sent again, that would be told. */
const toldOf = ({ metadata, _own = [] }: MediaDocument): object => {
  const isTold = (key: string): boolean => (key !== 'duration' && key !== 'size') || _own.includes(key)
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => isTold(key)))
}

/** An item's context to go on with: what its batch gives to every item, and all that is known of it. */
export const itemContextOf = (workflow: WorkflowDocument, item: MediaDocument): WorkflowContext => {
  const { batchId, locationId, locationName, countryCode, context, _plan, _told } = workflow
  const { batch } = _plan ?? defaultPlan
  // That it is there says that it was crawled, whether the search is over or not.
  const crawled = batch.filter((stage, i) => _told.includes(stage) || i === batch.length - 1)
  const queries = Object.entries(context.metadata).filter(([key]) => ofBatch.includes(key))
  return {
    ...item.fields,
    batchId,
    locationId,
    ...(locationName === undefined ? {} : { locationName }),
    ...(countryCode === undefined ? {} : { countryCode }),
    itemId: item.itemId,
    ...(item.itemUrl === undefined ? {} : { itemUrl: item.itemUrl }),
    ...(item.itemType === undefined ? {} : { itemType: item.itemType }),
    stage: item.currentStage,
    timestamp: item.updatedAt ?? item.recordedAt,
    completedStages: [...new Set([...crawled, ...item.completedStages])],
    metadata: {
      ...Object.fromEntries(queries),
      ...toldOf(item),
      ...(_plan === undefined ? {} : { plan: _plan }),
    },
    ...(item.errors.length === 0 ? {} : { errors: item.errors }),
  } as WorkflowContext
}

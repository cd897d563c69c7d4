import type { MediaDocument, WorkflowContext, WorkflowDocument } from '@crawl-ledger/domain'

/** A batch's context to go on with. */
export const contextOf = ({ context }: WorkflowDocument): WorkflowContext => context as WorkflowContext

const ofBatch = ['inputQueries', 'queries', 'generatedQueries']

/** An item's context to go on with: what its batch gives to every item, and all that is known of it. */
export const itemContextOf = (workflow: WorkflowDocument, item: MediaDocument): WorkflowContext => {
  const { batchId, locationId, locationName, countryCode, context, _plan, _told } = workflow
  const crawled = _told.filter(stage => _plan === undefined || _plan.batch.includes(stage))
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
    metadata: { ...Object.fromEntries(queries), ...item.metadata },
    ...(item.errors.length === 0 ? {} : { errors: item.errors }),
  } as WorkflowContext
}

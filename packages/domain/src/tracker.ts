import type { ContextMetadata, ItemType, WorkflowContext } from './context.js'
import { itemIdOf } from './item-id.js'
import { defaultPlan } from './plan.js'

export interface WorkflowProgress {
  readonly batchId: string
  readonly itemId: string | undefined
  readonly currentStage: string
  /** How many stages are done. */
  readonly completedStages: number
  /** How many stages there are: six, unless the workflow has a plan of its own. */
  readonly totalStages: number
  /** Done of all, rounded. */
  readonly progressPercentage: number
  readonly hasErrors: boolean
  readonly errorCount: number
}

interface NewBatch {
  readonly batchId: string
  readonly locationId: string
  readonly locationName?: string
  readonly countryCode?: string
  readonly metadata?: ContextMetadata
}

interface NewItem {
  /** Default: `itemIdOf(batchId, itemUrl)`, so that the same address in the same batch is the same item. */
  readonly itemId?: string
  readonly itemUrl: string
  readonly itemType: ItemType
}

const stagesOf = ({ metadata }: WorkflowContext): readonly string[] => {
  const { batch, item } = metadata.plan ?? defaultPlan
  return [...batch, ...item]
}

const withStage = (stages: readonly string[], stage: string): readonly string[] =>
  stages.includes(stage) ? stages : [...stages, stage]

/** The time a context is stamped with, ISO. Each helper takes another one as its last argument. */
const now = (): string => new Date().toISOString()

/** The helpers that services use on contexts. Each gives a new context and changes none. */
export const WorkflowTracker = {
  /** A batch's first context: in `find-location`, nothing completed. */
  createBatchContext: ({ metadata = {}, ...ids }: NewBatch, timestamp = now()): WorkflowContext => ({
    ...ids,
    stage: (metadata.plan ?? defaultPlan).batch[0] ?? '',
    timestamp,
    completedStages: [],
    metadata,
  }),

  /** An item's context from its batch's: in the first item stage, with this item crawled, and a copy of the metadata. */
  createItemContext: (
    context: WorkflowContext,
    { itemUrl, itemType, itemId = itemIdOf(context.batchId, itemUrl) }: NewItem,
    timestamp = now(),
  ): WorkflowContext => {
    const { batch, item } = context.metadata.plan ?? defaultPlan
    return {
      ...context,
      itemId,
      itemUrl,
      itemType,
      stage: item[0] ?? '',
      timestamp,
      completedStages: withStage(context.completedStages, batch.at(-1) ?? ''),
      metadata: structuredClone(context.metadata),
    }
  },

  moveToStage: (context: WorkflowContext, stage: string, timestamp = now()): WorkflowContext => ({
    ...context,
    stage,
    timestamp,
  }),

  /** @param results what the stage found out: merged into `metadata` */
  completeStage: (
    context: WorkflowContext,
    results: { readonly [key: string]: unknown } = {},
    timestamp = now(),
  ): WorkflowContext => ({
    ...context,
    timestamp,
    completedStages: withStage(context.completedStages, context.stage),
    metadata: { ...context.metadata, ...results },
  }),

  addError: (context: WorkflowContext, error: Error | string, timestamp = now()): WorkflowContext => ({
    ...context,
    timestamp,
    errors: [
      ...(context.errors ?? []),
      { stage: context.stage, error: typeof error === 'string' ? error : error.message, timestamp },
    ],
  }),

  /** How far a context is, by itself: of an item all stages of its batch count, too. */
  getProgress: (context: WorkflowContext): WorkflowProgress => {
    const { batchId, itemId, stage, completedStages, errors = [] } = context
    const totalStages = stagesOf(context).length
    return {
      batchId,
      itemId,
      currentStage: stage,
      completedStages: completedStages.length,
      totalStages,
      progressPercentage: Math.round((completedStages.length / totalStages) * 100),
      hasErrors: errors.length > 0,
      errorCount: errors.length,
    }
  },
} as const

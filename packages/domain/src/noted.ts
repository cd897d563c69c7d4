import { isSaid } from './context.js'
import { itemIdOf } from './item-id.js'
import { canonical } from './json.js'
import type { CrawlMessage } from './messages.js'
import { planOf, stagesInPlan } from './plan.js'
import { noTime, objectIn, timeIn } from './reading.js'
import type { WorkflowState } from './state.js'
import { unreadableIn } from './unreadable.js'

const dayMs = 86_400_000

/** What is odd about a message by itself, in sentences. */
export const oddities = (message: CrawlMessage): readonly string[] => {
  const unreadable = Object.keys(unreadableIn(message) ?? {})
  const { plan } = objectIn(message.context.metadata)
  return [
    ...unreadable.map(field => `${field} cannot be read and is kept under metadata.unreadable.`),
    ...(isSaid(plan) && planOf(plan) === undefined
      ? [
          `metadata.plan is ignored: each part needs a stage, no stage may be there twice, and ${stagesInPlan} are the most.`,
        ]
      : []),
  ]
}

/** What is odd about a message beside what is known of its workflow. */
export const oddBeside = (
  state: WorkflowState,
  { batchId, itemId, context, payload }: CrawlMessage,
): readonly string[] => {
  const url = objectIn(payload).itemUrl ?? context.itemUrl
  if (batchId === undefined || itemId === undefined || typeof url !== 'string') return []
  // The usual message is of an item and an address that are known as they are.
  if (state.items.get(itemId)?.fields.get('itemUrl')?.text === canonical(url)) return []
  const derived = itemIdOf(batchId, url)
  return derived !== itemId && state.items.has(derived)
    ? [`The address of item ${itemId} is known under ${derived}, too: these are two items.`]
    : []
}

/** What is odd about a message's time beside the store's. */
export const noted = ({ context }: CrawlMessage, storeTime: string): readonly string[] =>
  (timeIn(context.timestamp) ?? noTime) > Date.parse(storeTime) + dayMs
    ? [`context.timestamp is more than a day in the future (${String(context.timestamp)}).`]
    : []

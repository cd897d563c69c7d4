import { type WorkflowDocument, type WorkflowRef, WorkflowTracker } from 'crawl-ledger'
import type { Batch } from './batch.js'

/** The message that begins a batch: the same each time, so that one that is known begins no second time. */
export const newBatch = (
  { locationId, batchId, queries }: Batch,
  known: Pick<WorkflowDocument, 'createdAt'> | undefined,
): object => ({
  type: 'new_batch',
  context: WorkflowTracker.createBatchContext(
    { locationId, batchId, metadata: { inputQueries: queries } },
    known?.createdAt,
  ),
  payload: { locationId, queries },
})

const objectIn = (value: unknown): { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** A body comes as an object, as JSON text or as its bytes. */
const bodyOf = (message: unknown): unknown => {
  if (typeof message !== 'string' && !(message instanceof Uint8Array)) return message
  try {
    return JSON.parse(
      Buffer.from(message)
        .toString()
        .replace(/^\uFEFF/, ''),
    )
  } catch {
    return undefined
  }
}

/** The batch that a message begins, in either envelope; undefined where it is another message, or none. */
export const newBatchIn = (message: unknown): WorkflowRef | undefined => {
  const { type, context, workflow, payload } = objectIn(bodyOf(message))
  const { batchId, locationId } = objectIn(context ?? workflow)
  const of = { batchId, locationId: locationId ?? objectIn(payload).locationId }
  // A ledger takes a number for an id, too, and knows it as text.
  return type === 'new_batch' &&
    Object.values(of).every(id => typeof id === 'string' || typeof id === 'number')
    ? { locationId: String(of.locationId), batchId: String(of.batchId) }
    : undefined
}

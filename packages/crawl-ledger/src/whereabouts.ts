import type { WorkflowContext } from '@crawl-ledger/domain'
import type { Ledger, WorkflowRef } from './ledger.js'

/** How many batches are remembered with their locations. */
const remembered = 10_000

/** The form in which services make the ids of batches: the location is a part of it. */
const form = /^batch_(.+)_\d+_[^_]+$/s

/** Finds the location of a batch: services ask for a workflow by its batch alone. */
export class Whereabouts {
  private readonly known = new Map<string, string>()

  constructor(private readonly ledger: Pick<Ledger, 'workflows'>) {}

  /** Remembers a context that was saved. */
  note({ batchId, locationId }: Partial<Pick<WorkflowContext, 'batchId' | 'locationId'>>): void {
    if (batchId === undefined || locationId === undefined) return
    this.known.delete(batchId)
    this.known.set(batchId, locationId)
    const oldest = this.known.size > remembered ? this.known.keys().next().value : undefined
    if (oldest !== undefined) this.known.delete(oldest)
  }

  /** From memory, else from the id's own form where there is such a workflow, else from the views. */
  async of(batchId: string): Promise<WorkflowRef | undefined> {
    const known = this.known.get(batchId)
    if (known !== undefined) return { batchId, locationId: known }
    const named = form.exec(batchId)?.[1]
    if (named !== undefined && (await this.ledger.workflows.current({ batchId, locationId: named })))
      return { batchId, locationId: named }
    const [found] = await this.ledger.workflows.find({ batchId, limit: 1 })
    return found === undefined ? undefined : { batchId, locationId: found.locationId }
  }
}

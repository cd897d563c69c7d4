import type { Ledger, Receipt, WorkflowDocument, WorkflowRef } from 'crawl-ledger'
import { isSearched, keyOf } from './batch.js'
import { pause, type UntilThere } from './store-away.js'

const lookEveryMs = 100

export interface Overseeing {
  readonly ledger: Ledger
  readonly untilThere: UntilThere
  readonly signal: AbortSignal
}

interface Watched {
  readonly workflow: WorkflowRef
  /** Where in the log that is which we know last: before the view holds that it does not tell how a batch stands. */
  readonly position: number
}

/**
 * Tries once more what has failed and may pass, when nothing else is left to do in a batch. Each server looks after those
 * in which it has reported something, for the last report of a batch is somebody's; if that server dies, whoever resumes
 * the batch looks after it. When two see the end at once, the second finds nothing to try again. That a batch is
 * completed nobody need say: it is when its last item is finished.
 */
export class Overseer {
  private readonly batches = new Map<string, Watched>()

  constructor(private readonly parts: Overseeing) {}

  /** @param last what we know last of it */
  watch({ locationId, batchId }: WorkflowRef, last: Receipt | WorkflowDocument): void {
    const workflow = { locationId, batchId }
    const key = keyOf(workflow)
    const position = 'position' in last ? last.position : 0
    const known = this.batches.get(key)?.position ?? 0
    this.batches.set(key, { workflow, position: Math.max(position, known) })
  }

  async run(): Promise<void> {
    const { signal, untilThere } = this.parts
    while (!signal.aborted) {
      for (const [key, watched] of this.batches)
        if (await untilThere(() => this.isSettled(watched)))
          if (this.batches.get(key)?.position === watched.position)
            // Unless something was reported in the meantime.
            this.batches.delete(key)
      await pause(lookEveryMs, signal)
    }
  }

  /** Whether there is no need to look at this batch again before something happens in it. */
  private async isSettled({ workflow: ref, position }: Watched): Promise<boolean> {
    const { ledger } = this.parts
    const workflow = await ledger.workflows.get(ref)
    if (workflow === undefined || workflow.position < position) return false
    if (workflow.status !== 'active' || !isSearched(workflow)) return true
    const { found, finished, failing } = workflow.items
    if (failing > 0 && finished + failing === found) await ledger.recovery.retryFailedStages(ref)
    return true
  }
}

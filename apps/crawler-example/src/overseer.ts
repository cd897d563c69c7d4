import type { Ledger, MediaDocument, Receipt, WorkflowDocument } from 'crawl-ledger'
import { type BatchOf, workflowIdOf } from './batch.js'
import { isDiscovered, percentDone, stagesOf, standingOf, summaryOf, worthRetrying } from './standing.js'
import { pause, type Report, type UntilThere } from './store-away.js'

const pageSize = 1000
const lookEveryMs = 100
/** Progress is told in steps of so many percent. */
const step = 10

/** Every media item of a batch, from the view. */
export const mediaOf = async (
  { media }: Pick<Ledger, 'media'>,
  of: BatchOf,
): Promise<readonly MediaDocument[]> => {
  const all: MediaDocument[] = []
  for (let after: string | undefined; ; ) {
    const page = await media.find({ ...of, limit: pageSize, ...(after === undefined ? {} : { after }) })
    all.push(...page)
    after = page.at(-1)?._id
    if (page.length < pageSize) return all
  }
}

export interface Overseeing {
  readonly ledger: Ledger
  readonly untilThere: UntilThere
  readonly report: Report
  readonly attempts: number
  readonly signal: AbortSignal
}

/**
 * Completes batches. Each server looks after those in which it has reported something, for the last report of a batch is
 * somebody's; if that server dies, whoever resumes the batch looks after it. When two see the end at once, both report
 * it, and the second report is `unchanged`.
 */
export class Overseer {
  /** Where our last report is in the log: before the view holds that it does not tell how a batch stands. */
  private readonly batches = new Map<string, number>()

  constructor(private readonly parts: Overseeing) {}

  watch(workflowId: string, receipt?: Receipt): void {
    const position = receipt !== undefined && 'position' in receipt ? receipt.position : 0
    this.batches.set(workflowId, Math.max(position, this.batches.get(workflowId) ?? 0))
  }

  async run(): Promise<void> {
    const { signal, untilThere } = this.parts
    while (!signal.aborted) {
      for (const [workflowId, position] of this.batches)
        if (await untilThere(() => this.isSettled(workflowId, position)))
          if (this.batches.get(workflowId) === position)
            // Unless something was reported in the meantime.
            this.batches.delete(workflowId)
      await pause(lookEveryMs, signal)
    }
  }

  /** Whether there is no need to look at this batch again before something happens in it. */
  private async isSettled(workflowId: string, position: number): Promise<boolean> {
    const workflow = await this.parts.ledger.workflows.get(workflowId)
    if (workflow === undefined || workflow.position < position) return false
    if (workflow.status !== 'active' || !isDiscovered(workflow)) return true
    const percent = percentDone(workflow)
    if (percent < 100) {
      await this.tellProgress(workflow, percent)
      return true
    }
    return this.end(workflow)
  }

  private async tellProgress(workflow: WorkflowDocument, percent: number): Promise<void> {
    const { locationId, batchId } = workflow
    const progress = Math.floor(percent / step) * step
    if (progress > workflow.progress)
      await this.parts.report({ locationId, batchId, type: 'workflow-progress', progress })
  }

  private async end(workflow: WorkflowDocument): Promise<boolean> {
    const { ledger, report, attempts } = this.parts
    const { locationId, batchId } = workflow
    const of = { locationId, batchId }
    const standing = standingOf(await mediaOf(ledger, of), stagesOf(workflow))
    // On MongoDB an item's view may come a moment after its workflow's.
    if (standing.items < workflow.mediaItems || standing.open > 0) return false
    const again = worthRetrying(standing, attempts)
    if (again.length > 0) {
      await ledger.recovery.retryFailedStages(workflowIdOf(of), { stages: again })
      return false
    }
    await report({ ...of, type: 'workflow-complete', summary: summaryOf(standing) })
    return true
  }
}

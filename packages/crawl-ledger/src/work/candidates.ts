import { defaultPlan, type WorkflowDocument } from '@crawl-ledger/domain'
import type { ViewStore } from '@crawl-ledger/log'
import { activeWorkflows } from '../active-workflows.js'

/** For how long the list of workflows that run is good enough. */
const listHoldsMs = 200
/** For how long a workflow in which nothing was open is left alone, unless something happened in it. */
const emptyHoldsMs = 500

/** Whether the stage of some item may be open, going by the view. It may be behind the log, so this is a hint. */
const mayBeOpen = ({ _plan, _behind, items }: WorkflowDocument, stage: string): boolean =>
  (_plan ?? defaultPlan).item.includes(stage) &&
  items.found > (_behind.find(row => row.stage === stage)?.items ?? 0)

/** Which workflows to ask for work, in an order that gives every location its turn. */
export class Candidates {
  private list: readonly WorkflowDocument[] = []
  private listedAt = Number.NEGATIVE_INFINITY
  private turn = 0
  /** The turn in which a location last gave something. */
  private readonly served = new Map<string, number>()
  private readonly empty = new Map<string, { readonly version: number; readonly at: number }>()

  constructor(private readonly views: ViewStore) {}

  /** The location that was served longest ago first, and in each the oldest workflow first. */
  async of(stage: string): Promise<readonly WorkflowDocument[]> {
    const now = performance.now()
    if (now - this.listedAt > listHoldsMs) {
      const list: WorkflowDocument[] = []
      for await (const workflow of activeWorkflows(this.views)) list.push(workflow)
      this.list = list
      this.listedAt = now
      for (const [key, { at }] of this.empty) if (now - at > emptyHoldsMs) this.empty.delete(key)
    }
    const isEmpty = ({ _id, version }: WorkflowDocument): boolean => {
      const known = this.empty.get(`${stage}/${_id}`)
      return known !== undefined && known.version === version && now - known.at < emptyHoldsMs
    }
    // Locations that were never served come in any order, so that servers which start together do not all ask the same.
    const dice = new Map(this.list.map(({ locationId }) => [locationId, Math.random()]))
    const turnOf = ({ locationId }: WorkflowDocument): number =>
      this.served.get(locationId) ?? -(dice.get(locationId) ?? 0)
    return this.list
      .filter(workflow => mayBeOpen(workflow, stage) && !isEmpty(workflow))
      .sort((a, b) => turnOf(a) - turnOf(b) || ((a.createdAt ?? '') < (b.createdAt ?? '') ? -1 : 1))
  }

  gave(workflow: WorkflowDocument): void {
    this.turn += 1
    this.served.set(workflow.locationId, this.turn)
  }

  gaveNothing({ _id, version }: WorkflowDocument, stage: string): void {
    this.empty.set(`${stage}/${_id}`, { version, at: performance.now() })
  }
}

import type { Ledger, RecordedEvent, WorkflowDocument } from 'crawl-ledger'

/** How much a workflow's history has to tell. */
const interest = (workflow: WorkflowDocument): number => {
  const overcame = workflow.context.errors !== undefined && workflow.status === 'completed'
  return (overcame ? 4 : 0) + (workflow.status === 'failed' ? 2 : 0) + (workflow.errorCount > 0 ? 1 : 0)
}

/** One workflow worth showing, of the view's first thousand. */
export const pickWorkflow = async (workflows: Ledger['workflows']): Promise<WorkflowDocument | undefined> => {
  const [first, ...others] = await workflows.list({ limit: 1000 })
  if (first === undefined) return undefined
  return others.reduce((best, workflow) => (interest(workflow) > interest(best) ? workflow : best), first)
}

export interface Story {
  readonly first: readonly RecordedEvent[]
  /** How many events are between the first and the last. */
  readonly leftOut: number
  readonly last: readonly RecordedEvent[]
}

/** The beginning and the end of a history, however long it is. */
export const readStory = async (
  history: AsyncIterable<RecordedEvent>,
  { atStart = 8, atEnd = 6 } = {},
): Promise<Story> => {
  const first: RecordedEvent[] = []
  const last: RecordedEvent[] = []
  let leftOut = 0
  for await (const event of history) {
    if (first.length < atStart) first.push(event)
    else last.push(event)
    if (last.length > atEnd) {
      last.shift()
      leftOut += 1
    }
  }
  return { first, leftOut, last }
}

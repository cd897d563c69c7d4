import { isAbsolute } from 'node:path'
import type { Ledger, WorkflowContext, WorkflowDocument, WorkflowRef } from 'crawl-ledger'

/** The batch's last stage: the search for media. Before it come `find-location` and `control`. */
export const search = 'crawl-media'

/** The stages of every media item, in their order. */
export const itemStages = ['prep-media', 'analyse-media', 'enrich-venue'] as const

export type ItemStage = (typeof itemStages)[number]

export interface Batch extends WorkflowRef {
  /** Folders by their absolute paths, and sites by their URLs. */
  readonly queries: readonly string[]
}

/** What tells workflows apart in a map. */
export const keyOf = ({ locationId, batchId }: WorkflowRef): string => JSON.stringify([locationId, batchId])

/** A URL with a user name is none: what is searched is told in the log. */
export const isSite = (query: string): boolean =>
  /^https?:\/\//i.test(query) && URL.canParse(query) && new URL(query).username === ''

/** The address of a page, in the form that pages are known by. */
export const withoutFragment = (address: string): string => {
  const url = new URL(address)
  url.hash = ''
  return url.href
}

/** What a batch searches: the queries that were made for it, else those that its user gave. */
export const queriesOf = ({ metadata }: Pick<WorkflowContext, 'metadata'>): unknown =>
  metadata.generatedQueries ?? metadata.inputQueries ?? metadata.queries

/** Whether there is something that this crawler can search. */
export const isOurs = (queries: unknown): queries is readonly string[] =>
  Array.isArray(queries) &&
  queries.length > 0 &&
  queries.every(query => typeof query === 'string' && (isSite(query) || isAbsolute(query)))

export const isSearched = ({ completedStages }: WorkflowDocument): boolean => completedStages.includes(search)

/** Queries that only the payload of a new batch had are in the log, and in no context. */
const queriesInLog = async (ledger: Ledger, of: WorkflowRef): Promise<readonly string[]> => {
  const queries = new Set<string>()
  for await (const { event } of ledger.history(of))
    if (event.type === 'LocationDescribed') for (const query of event.data.queries ?? []) queries.add(query)
  return [...queries]
}

/** The time of the first that was told of a workflow: the log keeps it, whoever tells what afterwards. */
const beginningOf = async (ledger: Ledger, of: WorkflowRef): Promise<string> => {
  for await (const { event, recordedAt } of ledger.history(of)) return event.at ?? recordedAt
  return new Date().toISOString()
}

/**
 * The context to search with, stamped with the time at which the batch began: a search that is done again, or by two
 * servers, tells the same at the same time, so that nothing of it is new.
 */
export const searchContextOf = async (
  ledger: Ledger,
  workflow: WorkflowDocument,
): Promise<WorkflowContext> => {
  // Errors that are known need not be told again.
  const { errors: _, ...context } = workflow.context as WorkflowContext
  const timestamp = await beginningOf(ledger, workflow)
  if (queriesOf(context) !== undefined) return { ...context, timestamp }
  const inputQueries = await queriesInLog(ledger, workflow)
  return { ...context, timestamp, metadata: { ...context.metadata, inputQueries } }
}

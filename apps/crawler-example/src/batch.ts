import { isAbsolute } from 'node:path'

/** The stages of every media item, in their order. */
export const stageNames = ['download', 'inspect'] as const

export type StageName = (typeof stageNames)[number]

/** The stage of a batch as a whole: the search for media. Nobody claims it, for `stages` does not list it. */
export const discovery = 'discover'

export interface BatchOf {
  readonly locationId: string
  readonly batchId: string
}

export interface Batch extends BatchOf {
  /** Folders by their absolute paths, and sites by their URLs. */
  readonly queries: readonly string[]
}

export const workflowIdOf = ({ locationId, batchId }: BatchOf): string => `${locationId}/${batchId}`

/** A URL with a user name is none: what is searched is told in the log. */
export const isSite = (query: string): boolean =>
  /^https?:\/\//i.test(query) && URL.canParse(query) && new URL(query).username === ''

/** The address of a page, in the form that pages are known by. */
export const withoutFragment = (address: string): string => {
  const url = new URL(address)
  url.hash = ''
  return url.href
}

/** Whether there is something that this crawler can search. */
export const isOurs = (queries: unknown): queries is readonly string[] =>
  Array.isArray(queries) &&
  queries.length > 0 &&
  queries.every(query => typeof query === 'string' && (isSite(query) || isAbsolute(query)))

/** A new batch that names no stages gets those of this crawler. Whatever else it is goes on as it is. */
export const withStages = (message: unknown): unknown =>
  isNewBatch(message) ? { stages: stageNames, ...message } : message

/** `handle` says whether it is a sound one: this only tells the type. */
export const isNewBatch = (message: unknown): message is Batch & { readonly type: 'new-batch' } =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'new-batch'

import {
  crawlWhole,
  folded,
  isCut,
  type ViewDocument,
  type WorkflowDocument,
  workflowStream,
} from '@crawl-ledger/domain'
import { type Found, type Log, partitionOf, readEvents, reading, type ViewStore } from '@crawl-ledger/log'
import type { WorkflowRef } from './ledger.js'

/** The workflow's document with a commit of its stream on top, whole. @throws CommitUnreadable */
export const withCommit = (before: ViewDocument | undefined, found: Found): ViewDocument | undefined =>
  reading(found, ({ stream, position, version, at, events }) => {
    const place = { stream, position, version, recordedAt: at }
    const route = { view: 'workflows', id: stream } as const
    return events
      .flatMap(readEvents)
      .reduce<ViewDocument | undefined>(
        (document, event) => folded(crawlWhole, route, document, event, place),
        before,
      )
  })

/** Views that an older program folded are no beginning: what it wrote in them means something else. */
const isOurs = (document: ViewDocument | undefined): document is WorkflowDocument =>
  document !== undefined && '_told' in document

/** The view's document with the commits that came since, so that who wrote something sees it. */
export const currentWorkflow = async (
  views: ViewStore,
  log: Log,
  { locationId, batchId }: WorkflowRef,
): Promise<WorkflowDocument | undefined> => {
  const stream = workflowStream(locationId, batchId)
  const [found] = await views.load('workflows', [stream])
  // From a view in which something is cut nobody goes on: then all of it is folded from the log.
  const document = isOurs(found) && !isCut(found) ? found : undefined
  const end = { partition: partitionOf(locationId, log.partitions), stream, version: document?.version ?? 0 }
  const commits = await log.readStreams([end])
  return commits.reduce(withCommit, document as ViewDocument | undefined) as WorkflowDocument | undefined
}

import type { WorkflowDocument } from '@crawl-ledger/domain'
import type { ViewStore } from '@crawl-ledger/log'

const pageSize = 500

/** The workflows that run, in the order of their keys, from the views. */
export async function* activeWorkflows(views: ViewStore, from?: string): AsyncGenerator<WorkflowDocument> {
  for (let after = from; ; ) {
    const page = (await views.list('workflows', {
      prefix: '',
      limit: pageSize,
      where: { field: 'status', value: 'active' },
      ...(after === undefined ? {} : { after }),
    })) as readonly WorkflowDocument[]
    yield* page
    after = page.at(-1)?._id
    if (page.length < pageSize) return
  }
}

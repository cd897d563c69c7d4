import { itemKey, keyOf, type ViewName, type Views, workflowStream } from '@crawl-ledger/domain'
import type { Log, ViewStore } from '@crawl-ledger/log'
import { currentWorkflow } from './current-workflow.js'
import { ConfigurationError } from './errors.js'
import type { Ledger, Page, View } from './ledger.js'

const pageOf = ({ limit = 100, after }: Page, prefix: string) => {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new ConfigurationError('limit', `it must be a whole number from 1 to 1000, and not ${limit}.`)
  return { prefix, limit, ...(after === undefined ? {} : { after }) }
}

const makeView = <N extends ViewName, R>(
  views: ViewStore,
  name: N,
  idOf: (ref: R) => string,
): View<Views[N], R> => ({
  get: async ref => (await views.load(name, [idOf(ref)]))[0] as Views[N] | undefined,
  list: async (page = {}) => (await views.list(name, pageOf(page, ''))) as readonly Views[N][],
})

type Reading = Pick<Ledger, 'workflows' | 'locations' | 'media'>

/** The views as a ledger reads them. */
export const makeViews = (views: ViewStore, log: Log): Reading => ({
  workflows: {
    ...makeView(views, 'workflows', ({ locationId, batchId }) => workflowStream(locationId, batchId)),
    find: async ({ batchId, ...page }) =>
      (await views.list('workflows', {
        ...pageOf(page, ''),
        where: { field: 'batchId', value: batchId },
      })) as readonly Views['workflows'][],
    current: ref => currentWorkflow(views, log, ref),
  },
  locations: makeView(views, 'locations', keyOf),
  media: {
    ...makeView(views, 'media', ({ locationId, batchId, itemId }) =>
      itemKey(workflowStream(locationId, batchId), itemId),
    ),
    find: async ({ locationId, batchId, ...page }) =>
      (await views.list(
        'media',
        pageOf(page, `${workflowStream(locationId, batchId)}/`),
      )) as readonly Views['media'][],
  },
})

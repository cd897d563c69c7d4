import type { ViewName, Views } from '@crawl-ledger/domain'
import type { ViewStore } from '@crawl-ledger/log'
import { ConfigurationError } from './errors.js'
import type { Ledger, Page, View } from './ledger.js'

const pageOf = ({ limit = 100, after }: Page, prefix: string) => {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new ConfigurationError('limit', `it must be a whole number from 1 to 1000, and not ${limit}.`)
  return { prefix, limit, ...(after === undefined ? {} : { after }) }
}

export const makeView = <N extends ViewName>(views: ViewStore, name: N): View<Views[N]> => ({
  get: async id => (await views.load(name, [id]))[0] as Views[N] | undefined,
  list: async (page = {}) => (await views.list(name, pageOf(page, ''))) as readonly Views[N][],
})

export const makeMedia = (views: ViewStore): Ledger['media'] => ({
  get: makeView(views, 'media').get,
  find: async ({ locationId, batchId, ...page }) =>
    (await views.list('media', pageOf(page, `${locationId}/${batchId}/`))) as readonly Views['media'][],
})

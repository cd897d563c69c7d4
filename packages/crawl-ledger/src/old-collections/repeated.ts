import type { Json, JsonObject } from '@crawl-ledger/domain'
import { drafting, type OldDocument, perhaps } from './old-document.js'

/**
 * A message that said nothing new, told once more as a part of its workflow's description. Two documents may be of one
 * media item, and the second one's fields make no event of their own. The view shows the last one, the history all.
 */
export const repeated = ({ collection, document }: OldDocument, message: JsonObject): JsonObject => {
  const { id, locationId, batchId, at, ...said } = message
  const draft = drafting(collection, document, { locationId: String(locationId), batchId: String(batchId) })
  const _id: Json = document._id ?? null
  return draft('new-batch', `repeated/${String(id)}`, {
    ...perhaps('at', at),
    alsoImported: { collection, _id, ...said },
  })
}

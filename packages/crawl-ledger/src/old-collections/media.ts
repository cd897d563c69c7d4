import { isObject, type JsonObject } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { Fields, namesOf } from './fields.js'
import { drafting, perhaps, type Unreadable, unreadable } from './old-document.js'
import { errorFields, stageMessages, takeStages } from './stages.js'
import { errorsOf, textOf, timeOf } from './values.js'

/** The messages that a media item's document stands for. */
export const mediaMessages = (document: JsonObject): E.Either<Unreadable, readonly JsonObject[]> => {
  const fields = new Fields(document)
  const names = namesOf(fields, ['locationId', 'batchId', 'mediaId'])
  if (E.isLeft(names)) return E.left(unreadable('media', document, names.left))
  const [locationId = '', batchId = '', mediaId = ''] = names.right
  const draft = drafting('media', document, { locationId, batchId })

  const at = fields.take(timeOf, 'foundAt', 'createdAt')
  const { messages: ofStages, open } = stageMessages(draft, takeStages(fields), mediaId)
  const errors = [...(fields.take(errorsOf, 'errors') ?? []), ...(fields.take(errorsOf, 'error') ?? [])]
  const understood = {
    mediaId,
    ...perhaps('kind', fields.take(textOf, 'kind', 'type')),
    ...perhaps('url', fields.take(textOf, 'url')),
  }
  const rest = fields.rest(['mediaId', 'kind', 'url'])
  const old = {
    ...(isObject(rest.old) ? rest.old : {}),
    ...(Object.keys(open).length === 0 ? {} : { stages: open }),
  }
  return E.right([
    draft('item-found', 0, {
      ...perhaps('at', at),
      item: { ...rest, ...understood, ...(Object.keys(old).length === 0 ? {} : { old }) },
    }),
    ...ofStages,
    ...errors.map((error, i) => draft('error', i, { ...errorFields(error, at), mediaId })),
  ])
}

import { isObject, type JsonObject, normalise } from '@crawl-ledger/domain'
import * as E from 'fp-ts/lib/Either.js'
import { type Description, descriptionOf } from './location.js'
import { mediaMessages } from './media.js'
import { type OldCollection, type Unreadable, unreadable } from './old-document.js'
import { workflowMessages } from './workflow.js'

/** A document as JSON and nothing but JSON. */
export const plainDocument = (
  collection: OldCollection,
  document: object,
): E.Either<Unreadable, JsonObject> => {
  const plain = normalise(document)
  const { _id } = document as { readonly _id?: unknown }
  const known = { _id: typeof _id === 'number' ? _id : String(_id ?? '') }
  if (E.isLeft(plain)) return E.left(unreadable(collection, known, plain.left.message))
  return isObject(plain.right)
    ? E.right(plain.right)
    : E.left(unreadable(collection, known, 'it is not an object'))
}

/**
 * The messages that a document of the former system stands for. A location's has none: what it says goes with the new
 * batches of its workflows.
 *
 * @param description of the document's location, where that has a document of its own
 */
export const messagesOf = (
  collection: OldCollection,
  document: object,
  description?: Description,
): E.Either<Unreadable, readonly JsonObject[]> => {
  const plain = plainDocument(collection, document)
  if (E.isLeft(plain)) return plain
  switch (collection) {
    case 'workflows':
      return workflowMessages(plain.right, description)
    case 'media':
      return mediaMessages(plain.right)
    case 'locations': {
      const said = descriptionOf(plain.right)
      return E.isLeft(said) ? said : E.right([])
    }
  }
}

import type { ViewDocument, ViewName } from '@crawl-ledger/domain'
import {
  type Checkpoint,
  DocumentsRefused,
  type DocumentWrite,
  type Fold,
  prefixEnd,
  type RefusedDocument,
  type ViewStore,
} from '@crawl-ledger/log'
import type { AnyBulkWriteOperation, WriteError } from 'mongodb'
import type { CheckpointDocument, Connection } from './connection.js'
import { fromStoredView, toStoredView } from './encoding.js'
import { documentFault, duplicateKey, refusals, serverError } from './errors.js'
import { inHalves } from './halves.js'

const operation = ({ document, expected }: DocumentWrite): AnyBulkWriteOperation<ViewDocument> =>
  expected === undefined
    ? { insertOne: { document: toStoredView(document) } }
    : {
        replaceOne: {
          filter: { _id: document._id, position: expected.position, v: expected.v },
          replacement: toStoredView(document),
        },
      }

const checkpointId = (projection: string, partition: number): string =>
  `${projection}:${String(partition).padStart(4, '0')}`

/** Whether inserts found their keys taken, which is how a compare-and-set on nothing fails. */
export const overtaken = (error: unknown): boolean =>
  refusals(error)?.every(({ code }) => code === duplicateKey) === true

/** What came of writing documents of a view. */
interface Put {
  /** Each found what it expected. */
  readonly foundAll: boolean
  /** What no server takes. */
  readonly refused: readonly RefusedDocument[]
}

/** @throws StoreError where the server says of a write what says nothing of the document */
const judged = (
  store: string,
  view: ViewName,
  writes: readonly DocumentWrite[],
  errors: readonly WriteError[],
): Put => {
  const refused: RefusedDocument[] = []
  for (const { index, code, err } of errors) {
    if (code === duplicateKey) continue
    const reason = documentFault(code)
    if (reason === undefined) throw serverError(store, Number(code), err)
    refused.push({ view, id: writes[index]?.document._id ?? '', reason })
  }
  return { foundAll: errors.every(({ code }) => code !== duplicateKey), refused }
}

/** The collection that a view is kept in. */
export type Naming = (view: ViewName) => string

/** Views in MongoDB: each document by compare-and-set, then the checkpoints. */
export const mongoViews = (connection: Connection, nameOf: Naming = view => view): ViewStore => {
  const { checkpoints, run } = connection
  const view = (name: ViewName) => connection.view(nameOf(name))

  const put = (name: ViewName, writes: readonly DocumentWrite[]): Promise<readonly Put[]> => {
    const write = async (some: readonly DocumentWrite[]): Promise<readonly Put[]> => {
      try {
        const { insertedCount, matchedCount } = await view(name).bulkWrite(some.map(operation), {
          ordered: false,
        })
        return [{ foundAll: insertedCount + matchedCount === some.length, refused: [] }]
      } catch (error) {
        const errors = refusals(error)
        if (errors !== undefined) return [judged(connection.name, name, some, errors)]
        throw error
      }
    }
    return inHalves(writes, write, ({ document }, reason) => ({
      foundAll: true,
      refused: [{ view: name, id: document._id, reason }],
    }))
  }

  const move = ({ projection, moves }: Fold): AnyBulkWriteOperation<CheckpointDocument>[] =>
    moves.map(to => {
      const _id = checkpointId(projection, to.partition)
      const document = { _id, projection, ...to }
      return to.revision === 1
        ? { insertOne: { document } }
        : { replaceOne: { filter: { _id, revision: to.revision - 1 }, replacement: document } }
    })

  const save = async (fold: Fold): Promise<boolean> => {
    const names = [...new Set(fold.writes.map(write => write.view))]
    const ends = await Promise.allSettled(
      names.map(name =>
        put(
          name,
          fold.writes.filter(write => write.view === name),
        ),
      ),
    )
    // Only when none is under way any more: a write that arrives later would surprise whoever tries again.
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    const puts = ends.flatMap(end => (end.status === 'fulfilled' ? end.value : []))
    const refused = puts.flatMap(one => one.refused)
    if (refused.length > 0) throw new DocumentsRefused(connection.name, refused)
    if (puts.some(({ foundAll }) => !foundAll)) return false
    if (fold.moves.length === 0) return true
    try {
      const { insertedCount, matchedCount } = await checkpoints.bulkWrite(move(fold), { ordered: false })
      return insertedCount + matchedCount === fold.moves.length
    } catch (error) {
      if (overtaken(error)) return false
      throw error
    }
  }

  return {
    isAtomic: false,
    checkpoints: projection =>
      run(async () => {
        const found = await checkpoints.find({ projection }).toArray()
        return found.map(({ _id, projection: _projection, ...checkpoint }): Checkpoint => checkpoint)
      }),
    load: (name, ids) =>
      run(async () => {
        const chunks = Array.from({ length: Math.ceil(ids.length / idsPerQuery) }, (_, i) =>
          ids.slice(i * idsPerQuery, (i + 1) * idsPerQuery),
        )
        const found = await Promise.all(
          chunks.map(chunk =>
            view(name)
              .find({ _id: { $in: chunk } }, { batchSize: idsPerQuery })
              .toArray(),
          ),
        )
        return found.flat().map(fromStoredView)
      }),
    save: fold => run(() => save(fold)),
    list: (name, { prefix, after, limit, where }) =>
      run(async () => {
        const end = prefixEnd(prefix)
        const found = await view(name)
          .find({
            _id: { $gte: prefix, $gt: after ?? '', ...(end === undefined ? {} : { $lt: end }) },
            ...(where === undefined ? {} : { [where.field]: where.value }),
          })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray()
        return found.map(fromStoredView)
      }),
  }
}

/** Some servers compare each document with each id asked for, so that many at once cost more than several queries. */
const idsPerQuery = 100

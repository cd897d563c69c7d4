import { type Db, type Filter, MongoServerError, type RenameOptions } from 'mongodb'
import type { Connection } from './connection.js'

const targetExists = 48

/**
 * The documents of a view that the ledger did not write, for its own have both fields. The former services kept theirs
 * under the same names.
 */
export const foreignDocuments = {
  $or: [{ position: { $exists: false } }, { v: { $exists: false } }],
} satisfies Filter<object>

/** Not every server filters its list, so names are compared here. */
export const collectionNames = async (db: Db): Promise<ReadonlySet<string>> =>
  new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name))

/** Collections by name: finding, renaming and removing them, also when somebody else does so at the same time. */
export const collections = ({ db }: Pick<Connection, 'db'>) => {
  const exists = async (name: string): Promise<boolean> => (await collectionNames(db)).has(name)

  const holdsForeign = async (name: string): Promise<boolean> =>
    (await db.collection(name).findOne(foreignDocuments, { projection: { _id: 1 } })) !== null

  /** Not every server has a code for a collection that is missing, so after a failure it is looked for. */
  const unlessGone = async (name: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof MongoServerError) || (await exists(name))) throw error
      return false
    }
  }

  return {
    exists,
    holdsForeign,
    /** `false`: it is gone, or there is one of the other name. */
    rename: async (from: string, to: string, options?: RenameOptions): Promise<boolean> => {
      try {
        return await unlessGone(from, () => db.collection(from).rename(to, options))
      } catch (error) {
        if (error instanceof MongoServerError && error.code === targetExists) return false
        throw error
      }
    },
    /** Never one that holds what the ledger did not write. */
    drop: async (name: string): Promise<void> => {
      if ((await exists(name)) && !(await holdsForeign(name)))
        await unlessGone(name, () => db.collection(name).drop())
    },
  }
}

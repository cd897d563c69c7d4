import { type Db, type Filter, MongoServerError, type RenameOptions } from 'mongodb'
import type { Connection } from './connection.js'

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

  return {
    exists,
    holdsForeign,
    /**
     * Renames, or gives the server's refusal. Not every server has a code for a collection that is missing, and another
     * process may have renamed one and made another in its place: who is refused must look again.
     */
    rename: async (
      from: string,
      to: string,
      options?: RenameOptions,
    ): Promise<MongoServerError | undefined> => {
      try {
        await db.collection(from).rename(to, options)
        return undefined
      } catch (error) {
        if (error instanceof MongoServerError) return error
        throw error
      }
    },
    /** Never one that holds what the ledger did not write. */
    drop: async (name: string): Promise<void> => {
      if (!(await exists(name)) || (await holdsForeign(name))) return
      try {
        await db.collection(name).drop()
      } catch (error) {
        if (!(error instanceof MongoServerError) || (await exists(name))) throw error
      }
    },
  }
}

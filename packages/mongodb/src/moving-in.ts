import { type ViewName, viewNames } from '@crawl-ledger/domain'
import { StoreUnusable } from '@crawl-ledger/log'
import { collectionNames, collections } from './collections.js'
import type { Connection } from './connection.js'

/** What a collection that the ledger did not make is called once it has made room for a view. */
export const beforeName = (view: ViewName): string => `${view}_before`

const refusal = ({ name }: Connection, view: ViewName): StoreUnusable =>
  new StoreUnusable(
    `${name} holds documents in ${view} that no ledger made, and there is a collection ${beforeName(view)} already. ` +
      `Nothing was changed. Stop the former services, rename or remove one of the two collections, and start again.`,
  )

/** A field that each document of the ledger's other collections has. */
const ownFields = {
  events: 'hash',
  heads: 'at',
  checkpoints: 'projection',
  projections: 'revision',
  leases: 'owner',
} as const

/** No ledger is made over what others keep under its names. */
const refuseStrangers = async ({ db, name }: Connection): Promise<void> => {
  for (const [collection, field] of Object.entries(ownFields))
    if ((await db.collection(collection).findOne({ [field]: { $exists: false } })) !== null)
      throw new StoreUnusable(
        `${name} holds a collection ${collection} that no ledger made. Name another database in STORE.`,
      )
}

/**
 * Before a ledger is made: what the former services left under the names of the views is renamed, and never touched
 * again. A collection without documents is the ledger's own. Of several processes that do so at once one renames.
 *
 * @returns the names that collections have now
 * @throws StoreUnusable when there is one of that name already; then nothing was renamed
 */
export const moveIn = async (connection: Connection): Promise<readonly string[]> => {
  const { exists, holdsForeign, rename } = collections(connection)
  await refuseStrangers(connection)
  const names = await collectionNames(connection.db)
  const foreign: ViewName[] = []
  for (const view of viewNames) if (names.has(view) && (await holdsForeign(view))) foreign.push(view)
  for (const view of foreign) if (names.has(beforeName(view))) throw refusal(connection, view)
  const moved: string[] = []
  for (const view of foreign) {
    const refused = await rename(view, beforeName(view))
    if (refused === undefined) moved.push(beforeName(view))
    // Another process renamed it, or somebody made a collection of that name at this moment.
    else if (await holdsForeign(view))
      throw (await exists(beforeName(view))) ? refusal(connection, view) : refused
  }
  return moved
}

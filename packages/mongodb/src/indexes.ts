import { type ViewName, viewNames } from '@crawl-ledger/domain'
import { indexedFields } from '@crawl-ledger/log'
import type { Connection } from './connection.js'

/** What a compare-and-set looks for, and the fields that documents are looked for by, each in the order of the keys. */
export const makeViewIndexes = async (
  connection: Connection,
  view: ViewName,
  collection: string = view,
): Promise<void> => {
  const documents = connection.view(collection)
  await documents.createIndex({ _id: 1, position: 1, v: 1 }, { unique: true })
  for (const field of indexedFields[view]) await documents.createIndex({ [field]: 1, _id: 1 })
}

/**
 * 0.1 kept a message's id once in a partition: as long as its index is there, it refuses what other workflows may use.
 * Somebody else may drop it at the same moment, for which not every server has a code.
 */
const dropOldIndex = async ({ events }: Connection): Promise<void> => {
  const find = async () =>
    (await events.indexes()).find(({ key }) => Object.keys(key).join() === 'partition,messages.id')
  const old = await find()
  if (old?.name === undefined) return
  try {
    await events.dropIndex(old.name)
  } catch (error) {
    if ((await find()) !== undefined) throw error
  }
}

/**
 * What must be unique, and what is looked for. Making them again changes nothing. The index over the ids of a commit's
 * messages does not tell two of the same commit apart: that these differ is the writer's work.
 */
export const makeIndexes = async (connection: Connection): Promise<void> => {
  const { events } = connection
  await events.createIndex({ partition: 1, stream: 1, version: 1 }, { unique: true })
  await events.createIndex({ partition: 1, stream: 1, 'messages.id': 1 }, { unique: true })
  await dropOldIndex(connection)
  for (const name of viewNames) await makeViewIndexes(connection, name)
}

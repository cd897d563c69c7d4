import { type ViewName, viewNames } from '@crawl-ledger/domain'
import { type Builds, type ProjectionRecord, StoreUnusable } from '@crawl-ledger/log'
import { MongoServerError } from 'mongodb'
import { collections } from './collections.js'
import type { Connection } from './connection.js'
import { duplicateKey } from './errors.js'
import { makeViewIndexes } from './indexes.js'
import { beforeName } from './moving-in.js'
import { mongoViews, type Naming } from './views.js'

/** The collection of a view of a build that is made beside the one that is read. */
const beside =
  (build: number): Naming =>
  (view: ViewName) =>
    `${view}~${build}`

/** Where a complete one waits for its place: nobody ever folds into this name. */
const complete =
  (build: number): Naming =>
  (view: ViewName) =>
    `${view}~${build}~sealed`

/**
 * A document that says whose collection this is, and whether it is complete: no document has its key, and no list
 * shows it. A collection that a stalled builder's insert brings back has none.
 */
const marker = (build: number) => ({ _id: '', v: build })
const open = 0
const sealed = 1

const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === duplicateKey

/** Answers false where the work finds its key taken. */
const unlessTaken = async (work: () => Promise<boolean>): Promise<boolean> => {
  try {
    return await work()
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

/**
 * Exchanges the names of one view. Safe to run again from the start, and by several at once.
 *
 * A stalled builder that wakes up after the renaming may bring `view~n` back by inserting into it, and a second
 * finisher must not put that in the place of the good one. So only a sealed collection moves, and in two steps: first
 * to a name that nobody inserts into, where its seal is looked at again, for it may have been exchanged between the
 * looking and the renaming. What has moved already is not found any more, and that is all right.
 *
 * Where a former service has written into the view, that is not dropped with it but set aside, under the one name that
 * there is for this swap: so a second finisher who comes late cannot set the new one aside.
 */
const swapView = async (
  connection: Connection,
  build: number,
  view: ViewName,
  onSetAside: (name: string) => void,
): Promise<void> => {
  const { exists, holdsForeign, rename } = collections(connection)
  const [from, waiting] = [beside(build)(view), complete(build)(view)]
  const aside = `${beforeName(view)}~${build}`
  const isSealed = async (name: string): Promise<boolean> =>
    (await exists(name)) &&
    (await connection.view(name).findOne({ ...marker(build), position: sealed })) !== null
  if (await isSealed(from)) {
    const refused = await rename(from, waiting)
    if (refused !== undefined && !(await isSealed(waiting)) && (await isSealed(from))) throw refused
  }
  for (let tries = 1; await isSealed(waiting); tries += 1) {
    const foreign = await holdsForeign(view)
    const refused = foreign ? await rename(view, aside) : await rename(waiting, view, { dropTarget: true })
    if (foreign && refused === undefined) onSetAside(aside)
    // Another finisher may have been here between looking and renaming, so it is looked again.
    if (refused !== undefined && tries === most)
      throw foreign && (await exists(aside)) ? stillWriting(connection, view) : refused
  }
}

/** How often it is looked again. */
const most = 5

const stillWriting = ({ name }: Connection, view: ViewName): StoreUnusable =>
  new StoreUnusable(
    `${name} has been given documents in ${view} again and again that the ledger did not make. Stop the former ` +
      `services, rename ${view}, and run it again.`,
  )

/** Builds of the views in MongoDB: collections beside the ones that are read. */
export const mongoBuilds = (
  connection: Connection,
  onSetAside: (name: string) => void = () => {},
): Builds => {
  const { projections, checkpoints, view, run } = connection
  const { exists, drop } = collections(connection)

  const put = async (record: ProjectionRecord): Promise<boolean> => {
    const { projection: _id, revision } = record
    const document = { _id, ...record }
    if (revision > 1)
      return (await projections.replaceOne({ _id, revision: revision - 1 }, document)).matchedCount > 0
    return unlessTaken(async () => (await projections.insertOne(document)).acknowledged)
  }

  return {
    record: projection =>
      run(async () => {
        const found = await projections.findOne({ _id: projection })
        if (found === null) return undefined
        const { _id, ...record } = found
        return record
      }),
    put: record => run(() => put(record)),
    open: build =>
      run(async () => {
        for (const view of viewNames) {
          const name = beside(build)(view)
          await makeViewIndexes(connection, view, name)
          await unlessTaken(async () => {
            const begun = { $setOnInsert: { position: open } }
            await connection.view(name).updateOne(marker(build), begun, { upsert: true })
            return true
          })
        }
        return mongoViews(connection, beside(build))
      }),
    // Only what `open` made is sealed: a late sealer finds nothing, or a collection without a marker.
    seal: build =>
      run(async () => {
        for (const name of viewNames.map(beside(build)))
          if (await exists(name)) await view(name).updateOne(marker(build), { $set: { position: sealed } })
      }),
    swap: build =>
      run(async () => {
        for (const name of viewNames) await swapView(connection, build, name, onSetAside)
        for (const name of viewNames) await view(name).deleteOne(marker(build))
      }),
    drop: build =>
      run(async () => {
        for (const nameOf of [beside(build), complete(build)])
          for (const name of viewNames.map(nameOf)) await drop(name)
      }),
    forget: projection =>
      run(async () => {
        await checkpoints.deleteMany({ projection })
      }),
  }
}

import type { Projection } from '@crawl-ledger/domain'
import {
  type Checkpoint,
  type Commit,
  DocumentsRefused,
  type HeldDocument,
  readable,
  type Store,
} from '@crawl-ledger/log'
import { type Build, buildName, liveBuild, readBuild } from './build.js'
import { changed, heldOf, readCheckpoints } from './checkpoints.js'
import { commitsOf } from './commits.js'
import { foldAll, type Routing, routing, withCheckpoints } from './fold.js'

/** A commit that could not be folded, and what waits behind it. */
export interface HeldCommit extends HeldDocument {
  readonly partition: number
  /** `document`: that document waits. `partition`: the whole partition does. */
  readonly holds: 'document' | 'partition'
}

/** Nothing is held back there. */
export class NotHeld extends Error {
  override readonly name = 'NotHeld'
  readonly code = 'not-held'

  constructor(readonly position: string) {
    super(`Nothing is held back at ${position}. See what is: crawl-replay quarantine list`)
  }
}

/** Everything of a projection that is held back, by partition and position. */
export const heldCommits = async (store: Store, projection: Projection): Promise<readonly HeldCommit[]> => {
  const build = await readBuild(store, projection)
  const checkpoints = await readCheckpoints(store.views, build, store.log.partitions)
  return [...checkpoints.values()].flatMap(({ partition, held, stopped }): HeldCommit[] => [
    ...held.map(one => ({ ...one, partition, holds: 'document' as const })),
    ...(stopped === undefined ? [] : [{ ...stopped, partition, holds: 'partition' as const }]),
  ])
}

/** The steps of one document alone. */
const only = (build: Build, commits: readonly Commit[], { view, id }: HeldDocument): Routing => {
  const { steps, targets } = routing(build, commits)
  const target = targets.get(view)?.get(id)
  return {
    steps: target === undefined ? [] : steps.filter(step => step.target === target),
    targets: new Map(target === undefined ? [] : [[view, new Map([[id, target]])]]),
  }
}

/**
 * Folds into a held document all that waits for it, up to the checkpoint. Gives what it fails at, if it does.
 * Writing is compare-and-set, so that it may be broken off and done again.
 */
const foldWaiting = async (
  store: Store,
  build: Build,
  checkpoint: Checkpoint,
  one: HeldDocument,
): Promise<HeldDocument | undefined> => {
  const rest = { ...checkpoint, held: checkpoint.held.filter(other => !isSame(other, one)) }
  for await (const commits of commitsOf(store, checkpoint.partition, one.position - 1, checkpoint.position)) {
    const routed = withCheckpoints(only(build, commits, one), [rest])
    const target = routed.targets.get(one.view)?.get(one.id)
    if (target === undefined) continue
    target.found = (await store.views.load(one.view, [one.id]))[0]
    const { writes, failures } = foldAll(build, routed)
    try {
      if (!(await store.views.save({ projection: buildName(build), writes, moves: [] })))
        return foldWaiting(store, build, checkpoint, one)
    } catch (error) {
      if (!(error instanceof DocumentsRefused)) throw error
      return { ...one, error: error.message, attempts: one.attempts + 1 }
    }
    const [failure] = failures
    if (failure !== undefined) return heldOf({ ...failure, attempts: one.attempts + 1 })
  }
  return undefined
}

const isSame = (a: HeldDocument, b: HeldDocument): boolean => a.view === b.view && a.id === b.id

/** Changes the checkpoint that holds something at a position; tried again until nobody else wrote meanwhile. */
const release = async (
  store: Store,
  projection: Projection,
  partition: number,
  position: number,
  discard: boolean,
): Promise<HeldDocument | undefined> => {
  const build = await liveBuild(store, projection)
  const found = (await readCheckpoints(store.views, build, store.log.partitions)).get(partition)
  const stopped = found?.stopped?.position === position ? found.stopped : undefined
  const held = found?.held.filter(one => one.position === position) ?? []
  if (found === undefined || (stopped === undefined && held.length === 0))
    throw new NotHeld(`${partition}:${position}`)
  if (stopped !== undefined) await refuseUnreadable(store, build, partition, position)
  const { stopped: _, ...going } = found
  const all = stopped === undefined ? held : [stopped]
  const outs = discard ? all.map(({ view, id }) => ({ view, id, position })) : []
  let next: Checkpoint = {
    ...(stopped === undefined ? found : going),
    discarded: [...found.discarded, ...outs],
  }
  let failed: HeldDocument | undefined
  for (const one of held) {
    const again = await foldWaiting(store, build, next, one)
    failed ??= again
    const others = next.held.filter(other => !isSame(other, one))
    next = { ...next, held: again === undefined ? others : [...others, again] }
  }
  // A projector that went on meanwhile has held more back: then it is all done again, from where it is now.
  const fold = { projection: buildName(build), writes: [], moves: [changed(next, {})] }
  if (!(await store.views.save(fold))) return release(store, projection, partition, position, discard)
  return failed
}

/** A partition does not go on past a commit that cannot be read, nor is it known what would be left out of it. */
const refuseUnreadable = async (
  { log }: Store,
  build: Build,
  partition: number,
  position: number,
): Promise<void> => {
  routing(build, readable(await log.read(new Map([[partition, position - 1]]), 1)))
}

/**
 * Tries again what is held back at a position: the documents are brought up to date, or the partition goes on.
 * Gives what it fails at, if it does: that is held back then.
 *
 * @throws NotHeld, and CommitUnreadable where this program cannot read the commit either
 */
export const retryHeld = (
  store: Store,
  projection: Projection,
  partition: number,
  position: number,
): Promise<HeldDocument | undefined> => release(store, projection, partition, position, false)

/**
 * Leaves a commit out of the documents that it is held back for, for good, and folds what waits behind it.
 * The log keeps it; a rebuild tries it again.
 *
 * @throws NotHeld, and CommitUnreadable where it is not known what would be left out
 */
export const discardHeld = (
  store: Store,
  projection: Projection,
  partition: number,
  position: number,
): Promise<HeldDocument | undefined> => release(store, projection, partition, position, true)

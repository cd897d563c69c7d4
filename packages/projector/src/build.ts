import type { Projection } from '@crawl-ledger/domain'
import { type NextBuild, type ProjectionRecord, type Store, StoreError } from '@crawl-ledger/log'

/** One build of a projection's views: `version` is the build's number, which its documents carry as `v`. */
export type Build = Projection

/** The name under which a build keeps its checkpoints. */
export const buildName = ({ name, version }: Build): string => `${name}@${version}`

export const buildOf = (projection: Projection, build: number): Build => ({ ...projection, version: build })

/** Who rebuilds a projection holds this lease. */
export const rebuildLease = (projection: string): string => `${projection}/rebuild`

/** The views were made by an older version of the projection, and the two are never mixed. */
export class RebuildNeeded extends Error {
  override readonly name = 'RebuildNeeded'
  readonly code = 'rebuild-needed'

  constructor(
    readonly projection: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `The views of ${projection} were made by its version ${found}, and this program has version ${known}. ` +
        'Build them anew: crawl-replay rebuild',
    )
  }
}

/** A newer version of the projection made the views: this program is too old to go on. */
export class ProjectionOutdated extends Error {
  override readonly name = 'ProjectionOutdated'
  readonly code = 'projection-outdated'

  constructor(projection: string, found: number, known: number) {
    super(
      `The views of ${projection} were made by its version ${found}, and this program has version ${known}. ` +
        'Use a newer crawl-ledger; or, where the older one is meant, build them anew with it: crawl-replay rebuild --downgrade',
    )
  }
}

/** A newer version of the projection has a rebuild under way, which an older one would throw away. */
export class NewerRebuild extends Error {
  override readonly name = 'NewerRebuild'
  readonly code = 'newer-rebuild'

  constructor(projection: string, found: number, known: number) {
    super(
      `A rebuild of ${projection} by its version ${found} was begun, and this program has version ${known}. ` +
        'Finish it with the newer crawl-ledger, or end it without trace: crawl-replay cancel',
    )
  }
}

/**
 * Whether a program may build the views of this version: never unasked where a newer version made them, or began to.
 *
 * @param downgrade views of a newer version may be replaced
 * @throws ProjectionOutdated or NewerRebuild
 */
export const checkNotNewer = (
  { name, version }: Projection,
  found: Pick<ProjectionRecord, 'version' | 'next'>,
  downgrade = false,
): void => {
  if (found.next !== undefined && found.next.version > version)
    throw new NewerRebuild(name, found.next.version, version)
  if (found.version > version && !downgrade) throw new ProjectionOutdated(name, found.version, version)
}

/** A rebuild folds its last commits; until then the views that are read stand still. */
export class BuildClosing extends StoreError {
  override readonly name = 'BuildClosing'
  readonly code = 'build-closing'

  constructor(projection: string) {
    super(`A rebuild of ${projection} is about to put its views in place. Projecting goes on after that.`)
  }
}

/** A rebuild was ended while its views took the place of those that are read, or is at it. */
export class SwapUnfinished extends Error {
  override readonly name = 'SwapUnfinished'
  readonly code = 'swap-unfinished'

  constructor(projection: string) {
    super(
      `A rebuild of ${projection} has not come to the end of putting its views in place. ` +
        'Whoever projects next finishes that: start a worker, or crawl-replay rebuild.',
    )
  }
}

/**
 * The build that is read, as a record tells it. One that is being swapped is complete and its names may be exchanged
 * already; whoever writes views finishes that first.
 */
export const readIn = ({ build, version, next }: ProjectionRecord): Pick<NextBuild, 'build' | 'version'> =>
  next?.state === 'swapping' ? next : { build, version }

/** The record of a projection, made where there is none. */
export const projectionRecord = async (store: Store, projection: Projection): Promise<ProjectionRecord> => {
  const { name, version } = projection
  const found = await store.builds.record(name)
  if (found !== undefined) return found
  const first = { projection: name, revision: 1, build: 1, version, latest: 1 }
  return (await store.builds.put(first)) ? first : projectionRecord(store, projection)
}

/** Ends a swap that is recorded: the names are exchanged, and the next build is the one that is read. */
export const finishSwap = async (store: Store, record: ProjectionRecord): Promise<void> => {
  const { next, ...rest } = record
  if (next?.state !== 'swapping') return
  await store.builds.swap(next.build)
  const { build, version } = next
  await store.builds.put({ ...rest, build, version, revision: record.revision + 1 })
  await store.builds.forget(`${record.projection}@${record.build}`)
  // All of it is in its place: what has its former name now was brought back by a builder that came too late.
  await store.builds.drop(build)
}

/** Who was closing has died: the build that is read goes on. */
const reopen = async (store: Store, record: ProjectionRecord): Promise<void> => {
  const { next, projection } = record
  if (next === undefined) return
  const leases = await store.leases.list(rebuildLease(projection))
  if (leases.some(({ expired }) => !expired)) throw new BuildClosing(projection)
  await store.builds.put({ ...record, revision: record.revision + 1, next: { ...next, state: 'building' } })
}

/**
 * For so long a projector that saw its build open goes by that, in milliseconds. Where a fold that comes too late leaves
 * documents behind, a rebuild that closes the build waits longer before it reads the log's end: so what anybody still
 * folds into the old views, the new ones have as well.
 */
export const openHoldsMs = 200
export const closingWaitMs = 300

/**
 * The build that is read, for those who fold into it.
 *
 * @throws RebuildNeeded or ProjectionOutdated when another version of the projection made it
 * @throws BuildClosing while the next one is about to take its place
 */
export const liveBuild = async (store: Store, projection: Projection): Promise<Build> => {
  for (;;) {
    const record = await projectionRecord(store, projection)
    const { name, version } = projection
    if (record.next?.state === 'swapping') await finishSwap(store, record)
    else if (record.version > version) throw new ProjectionOutdated(name, record.version, version)
    else if (record.version < version) throw new RebuildNeeded(name, record.version, version)
    else if (record.next?.state === 'closing') await reopen(store, record)
    else return buildOf(projection, record.build)
  }
}

/** The build that is read, for those who only ask where it stands. */
export const readBuild = async (store: Store, projection: Projection): Promise<Build> => {
  const record = await store.builds.record(projection.name)
  return buildOf(projection, record === undefined ? 1 : readIn(record).build)
}

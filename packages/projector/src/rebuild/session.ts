import type { Projection } from '@crawl-ledger/domain'
import type { NextBuild, ProjectionRecord, Store } from '@crawl-ledger/log'
import { type Build, buildOf, checkNotNewer, finishSwap, projectionRecord, rebuildLease } from '../build.js'
import { RebuildTakenOver } from './lane.js'

const leaseMs = 5000

/** Another process rebuilds the same projection. */
export class RebuildRunning extends Error {
  override readonly name = 'RebuildRunning'
  readonly code = 'rebuild-running'

  constructor(projection: string) {
    super(
      `Another process rebuilds ${projection} now. Wait for it (crawl-replay status), or end it: crawl-replay cancel`,
    )
  }
}

/** Holds the lease of a rebuild while it runs. */
export const whileAlone = async <A>(
  { leases }: Store,
  projection: Projection,
  owner: string,
  work: () => Promise<A>,
): Promise<A> => {
  const name = rebuildLease(projection.name)
  const take = async (): Promise<boolean> => (await leases.take(owner, [name], leaseMs)).length > 0
  if (!(await take())) throw new RebuildRunning(projection.name)
  // One that is lost is found out by compare-and-set: the lease only keeps others from starting.
  let renewal: Promise<unknown> | undefined
  const renewing = setInterval(() => {
    renewal ??= take()
      .catch(() => {})
      .finally(() => {
        renewal = undefined
      })
  }, leaseMs / 3)
  try {
    return await work()
  } finally {
    clearInterval(renewing)
    // A renewal that arrives after it was given back would keep everybody out for nothing.
    await renewal
    await leases.release(owner, [name]).catch(() => {})
  }
}

/** Over which views a rebuild is wanted. Never over those that a newer version made, unless that is said. */
export interface RebuildWanted {
  /** Only where an older version of the projection made the views that are read. Default false. */
  readonly ifOlder?: boolean
  /** Also where a newer version made them. Default false. */
  readonly downgrade?: boolean
}

/** A rebuild's hold on the projection's record: every step is a compare-and-set on the one before. */
export class Session {
  private constructor(
    private readonly store: Store,
    private record: ProjectionRecord,
    readonly build: Build,
    readonly resumed: boolean,
  ) {}

  /**
   * Goes on with the build that was begun, or begins one. undefined when there was only a swap to be finished, or with
   * `ifOlder` when the views are of this version.
   *
   * @throws ProjectionOutdated or NewerRebuild where a newer version is there already
   */
  static async begin(
    store: Store,
    projection: Projection,
    wanted: RebuildWanted = {},
  ): Promise<Session | undefined> {
    const record = await projectionRecord(store, projection)
    const { next } = record
    if (next?.state === 'swapping') {
      await finishSwap(store, record)
      return next.version === projection.version ? undefined : Session.begin(store, projection, wanted)
    }
    checkNotNewer(projection, record, wanted.downgrade)
    if (next !== undefined && next.version === projection.version) {
      const session = new Session(store, record, buildOf(projection, next.build), true)
      await session.put({ ...next, state: 'building' })
      return session
    }
    if (wanted.ifOlder === true && record.version >= projection.version) return undefined
    const build = record.latest + 1
    const session = new Session(store, { ...record, latest: build }, buildOf(projection, build), false)
    await session.put({
      build,
      version: projection.version,
      state: 'building',
      startedAt: new Date().toISOString(),
    })
    if (next !== undefined) await discard(store, projection.name, next.build)
    await discard(store, projection.name, build)
    return session
  }

  /** The build that is read meanwhile. */
  get live(): Build {
    return { ...this.build, version: this.record.build }
  }

  /** Whether the record is still the one that this session wrote last: nobody cancelled it or went on with it. */
  async isOurs(): Promise<boolean> {
    const found = await this.store.builds.record(this.record.projection)
    return found?.revision === this.record.revision
  }

  /** @throws RebuildTakenOver when the record is another one by now */
  async check(): Promise<void> {
    if (!(await this.isOurs())) throw new RebuildTakenOver(this.build)
  }

  async close(): Promise<void> {
    await this.enter('closing')
  }

  /** Exchanges the names: from here on whoever finds it so finishes it. */
  async swap(): Promise<void> {
    await this.store.builds.seal(this.build.version)
    await this.enter('swapping')
    await finishSwap(this.store, this.record)
  }

  private enter(state: NextBuild['state']): Promise<void> {
    const { next } = this.record
    if (next === undefined) throw new RebuildTakenOver(this.build)
    return this.put({ ...next, state })
  }

  private async put(next: NextBuild): Promise<void> {
    const record = { ...this.record, next, revision: this.record.revision + 1 }
    if (!(await this.store.builds.put(record))) throw new RebuildTakenOver(this.build)
    this.record = record
  }

  /** What a rebuild that was cancelled under it may have written since. */
  async clear(): Promise<void> {
    const found = await this.store.builds.record(this.record.projection)
    const { version } = this.build
    if (found === undefined || (found.build !== version && found.next?.build !== version))
      await discard(this.store, this.build.name, version)
  }
}

const discard = async ({ builds }: Store, projection: string, build: number): Promise<void> => {
  await builds.drop(build)
  await builds.forget(`${projection}@${build}`)
}

/** Ends a rebuild without trace. `false`: there was none, or its views are in place already. */
export const cancelRebuild = async (store: Store, projection: Projection): Promise<boolean> => {
  const record = await store.builds.record(projection.name)
  if (record?.next === undefined) return false
  const { next, ...rest } = record
  if (next.state === 'swapping') {
    await finishSwap(store, record)
    return false
  }
  if (!(await store.builds.put({ ...rest, revision: record.revision + 1 })))
    return cancelRebuild(store, projection)
  await discard(store, projection.name, next.build)
  return true
}

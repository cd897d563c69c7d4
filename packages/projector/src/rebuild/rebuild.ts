import { setTimeout as delay } from 'node:timers/promises'
import type { Projection } from '@crawl-ledger/domain'
import { type Checkpoint, type Store, StoreUnavailable, type ViewStore } from '@crawl-ledger/log'
import { type Build, buildName, closingWaitMs } from '../build.js'
import { changed, checkLogIsAhead, LogBehindViews, readCheckpoints } from '../checkpoints.js'
import { Lane, type Pace, RebuildTakenOver, saveInto } from './lane.js'
import { Meter, type Pacing, RebuildStopped } from './progress.js'
import { cancelRebuild, type RebuildWanted, Session, whileAlone } from './session.js'

export interface RebuildOptions extends Pacing, RebuildWanted {
  /** This process's name. */
  readonly owner: string
  /** About how much memory the documents that wait may take, in megabytes. Default 256. */
  readonly memoryMb?: number
  /** Is told of each failure of the store, after which it goes on by itself. */
  readonly onTrouble?: (error: StoreUnavailable) => void
}

export interface Rebuilt {
  /** The number of the build that is read now. */
  readonly build: number
  /** It went on with one that was begun before, or only finished it. */
  readonly resumed: boolean
  readonly commits: number
  readonly events: number
  readonly documents: number
  readonly held: number
  readonly seconds: number
}

/**
 * So many partitions are folded at once: while one is folded, others read and write. A store that works in our own
 * thread gains nothing from that, and their documents would wait together.
 */
const lanesAtOnce = ({ log }: Store): number => (log.flights > 1 ? 4 : 1)

const mostEventsAtOnce = 1000

/** Under a limit batches are small, so that no second has many more events than it allows. */
const eventsAtOnce = ({ eventsPerSecond }: Pacing): number =>
  eventsPerSecond === undefined
    ? mostEventsAtOnce
    : Math.max(1, Math.min(mostEventsAtOnce, Math.floor(eventsPerSecond / 100)))

/** How often the last commits are folded before the build that is read is held for the rest. */
const passes = 3

/** The lanes of a build, and folding all of them as far as the log goes. */
class Folding {
  private constructor(
    private readonly store: Store,
    private readonly views: ViewStore,
    private readonly build: Build,
    readonly lanes: readonly Lane[],
    private readonly pace: Pace,
  ) {}

  static async begin(store: Store, session: Session, options: RebuildOptions, pace: Pace): Promise<Folding> {
    const views = await store.builds.open(session.build.version)
    const checkpoints = [...(await readCheckpoints(views, session.build, store.log.partitions)).values()]
    await checkLogIsAhead(store.log, checkpoints)
    const shown = await readCheckpoints(store.views, session.live, store.log.partitions)
    const lane = {
      memoryBytes:
        ((options.memoryMb ?? 256) * 1024 * 1024) / Math.min(lanesAtOnce(store), checkpoints.length),
      eventsAtOnce: eventsAtOnce(options),
      resumed: session.resumed,
    }
    const lanes = checkpoints.map(
      checkpoint =>
        new Lane(store, views, session.build, checkpoint, {
          ...lane,
          shown: shown.get(checkpoint.partition)?.position ?? 0,
        }),
    )
    return new Folding(store, views, session.build, lanes, pace)
  }

  /** Up to where the log goes now, at least to these positions where it has them. */
  async toEnd(): Promise<void> {
    const tails = await this.store.log.tails()
    const waiting = [...this.lanes]
    let failed = false
    const pace: Pace = async (...counts) => {
      // Where one lane has failed, the others end: who goes on after it must not meet them.
      if (failed) throw new RebuildStopped()
      await this.pace(...counts)
    }
    const work = async (): Promise<void> => {
      try {
        for (let lane = waiting.shift(); lane !== undefined && !failed; lane = waiting.shift())
          await lane.foldTo(tails.get(lane.checkpoint.partition) ?? 0, pace)
      } catch (error) {
        failed = true
        throw error
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: lanesAtOnce(this.store) }, work))
    const failures = ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : []))
    const first = failures.find(reason => !(reason instanceof RebuildStopped)) ?? failures[0]
    if (first !== undefined) throw first
  }

  /** Raises each checkpoint's revision, so that whoever still knows the one before can write nothing more. */
  async seal(): Promise<void> {
    const moves = this.lanes.map(({ checkpoint }) => changed(checkpoint, {}))
    await saveInto(this.views, this.build, { writes: [], moves })
  }
}

/** Raises the revision of each checkpoint of a build, so that who folds into it must look again before going on. */
const hold = async (views: ViewStore, session: Session, partitions: number): Promise<void> => {
  const { live } = session
  for (;;) {
    const found: readonly Checkpoint[] = [...(await readCheckpoints(views, live, partitions)).values()]
    const moves = found.map(checkpoint => changed(checkpoint, {}))
    if (await views.save({ projection: buildName(live), writes: [], moves })) return
    await session.check()
  }
}

const run = async (store: Store, session: Session, options: RebuildOptions): Promise<Rebuilt> => {
  const meter = new Meter(store, session, options)
  const folding = await Folding.begin(store, session, options, meter.pace)
  await meter.begin(folding.lanes.reduce((sum, { position }) => sum + position, 0))
  for (let pass = 0; pass < passes; pass += 1) await folding.toEnd()
  meter.enter('closing')
  await session.close()
  // From here on nothing is folded into the build that is read: what it has shown, the next one shows too.
  await hold(store.views, session, store.log.partitions)
  // Where documents come before their checkpoint, somebody may be about to write some.
  if (!store.views.isAtomic) await delay(closingWaitMs)
  await folding.toEnd()
  await folding.seal()
  meter.enter('swapping')
  await session.swap()
  const held = folding.lanes.reduce((sum, { checkpoint }) => sum + checkpoint.held.length, 0)
  const documents = folding.lanes.reduce((sum, lane) => sum + lane.documents, 0)
  const { build, resumed } = session
  return { build: build.version, resumed, documents, held, ...meter.end() }
}

/** A write that was given up as lost arrived after all: what was read before it is out of date. */
class WrittenLate extends Error {
  override readonly name = 'WrittenLate'
}

/** Does what is left of a rebuild. */
const finish = async (
  store: Store,
  projection: Projection,
  session: Session | undefined,
  options: RebuildOptions,
): Promise<Rebuilt> => {
  if (session === undefined) {
    const build = (await store.builds.record(projection.name))?.build ?? 1
    return { build, resumed: true, commits: 0, events: 0, documents: 0, held: 0, seconds: 0 }
  }
  try {
    return await run(store, session, options)
  } catch (error) {
    if (error instanceof RebuildTakenOver) {
      if (await session.isOurs()) throw new WrittenLate()
      await session.clear()
    }
    if (!(error instanceof LogBehindViews)) throw error
    // What was begun is of another log: it is begun anew.
    await cancelRebuild(store, projection)
    const next = await Session.begin(store, projection, { ...options, ifOlder: false })
    if (next === undefined) throw error
    return run(store, next, options)
  }
}

const longestPauseMs = 5000

/** Tries again for as long as the store fails: what was folded is kept, so that it goes on and does not begin anew. */
const whileStoreFails = async (
  { signal, onTrouble }: RebuildOptions,
  work: () => Promise<Rebuilt>,
): Promise<Rebuilt> => {
  for (let attempt = 0; ; attempt += 1)
    try {
      return await work()
    } catch (error) {
      if (error instanceof StoreUnavailable) onTrouble?.(error)
      else if (!(error instanceof WrittenLate)) throw error
      const pause = Math.min(longestPauseMs, 100 * 2 ** attempt)
      await delay(pause, undefined, signal === undefined ? {} : { signal }).catch(() => {
        throw new RebuildStopped()
      })
    }
}

/**
 * Folds the whole log into new views beside those that are read, and then puts them in their place. Projecting goes on
 * meanwhile, and readers see the old views or the new ones. Killed at any point, it goes on when it is run again; while
 * the store is away it waits. The counts of the result are those since then.
 *
 * @throws RebuildRunning while another process does it
 * @throws RebuildTakenOver when it was cancelled, or another process went on with it
 * @throws ProjectionOutdated or NewerRebuild when a newer version made the views, or has begun to
 * @throws CommitUnreadable when a commit cannot be read that the views which are read have folded: they hold more than
 * the log does now. One behind them stops its partition in the new views too.
 * @throws StoreError
 */
export const rebuild = (store: Store, projection: Projection, options: RebuildOptions): Promise<Rebuilt> =>
  whileAlone(store, projection, options.owner, () =>
    whileStoreFails(options, async () =>
      finish(store, projection, await Session.begin(store, projection, options), options),
    ),
  )

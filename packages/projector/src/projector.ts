import type { Projection } from '@crawl-ledger/domain'
import {
  type Checkpoint,
  CommitUnreadable,
  DocumentsRefused,
  type Found,
  isUnreadable,
  Reader,
  readable,
  type Store,
  StoreError,
} from '@crawl-ledger/log'
import { BehaviorSubject, type Observable } from 'rxjs'
import { Attempts } from './attempts.js'
import { type Build, buildName, liveBuild, openHoldsMs } from './build.js'
import { areOf, checkLogIsAhead, movesOf, readCheckpoints } from './checkpoints.js'
import { Documents } from './documents.js'
import {
  BuildReplaced,
  type Folded,
  type FoldFailure,
  foldAll,
  type Refused,
  routing,
  withCheckpoints,
  withRefused,
} from './fold.js'
import { noMeter, type ProjectorMeter } from './meter.js'
import { Stepping } from './stepping.js'
import { failureOf, isBehind, positionsOf, stoppedAt } from './stopping.js'
import { tellTraces } from './tracing.js'

export interface ProjectorOptions {
  readonly projection: Projection
  /** Emits when there may be something new, so that it is not waited for. */
  readonly signal: Observable<unknown>
  /** The partitions that are this projector's now. Default: all, always. */
  readonly partitions?: () => ReadonlySet<number>
  /** About how many commits are folded at once. Default 1,000. */
  readonly batch?: number
  /** How many documents of each view are kept in memory. Default 2,000. */
  readonly keep?: number
  /** How long a hole may stay open, in milliseconds. Default 2,000. */
  readonly graceMs?: number
  readonly meter?: ProjectorMeter
  /** Is told where a partition stops; the others go on. */
  readonly onStopped?: (stop: FoldFailure) => void
}

export type ProjectorStatus =
  | { readonly state: 'running' | 'stopped' }
  /** The store failed, and is tried again. */
  | { readonly state: 'waiting'; readonly error: Error }
  /** It cannot go on by itself. */
  | { readonly state: 'failed'; readonly error: Error }

const longestPauseMs = 5000

/** How long it waits for more after a small batch: much less than a person notices. */
const lullMs = 20

/** How often a partition that stopped is looked at again, in case somebody let it go on. */
const stoppedLooksMs = 1000

interface Standing {
  readonly build: Build
  readonly checkpoints: Map<number, Checkpoint>
  readonly since: number
  /** When we began to ask whether the build is open, the last time that it was. */
  openAt: number
}

/** Follows partitions of a log and folds them into the build of a projection's views that is read. */
export class Projector {
  private readonly statuses = new BehaviorSubject<ProjectorStatus>({ state: 'running' })
  private readonly documents: Documents
  private readonly reader: Reader
  private readonly batch: number
  private readonly attempts = new Attempts()
  /** What the store did not take of the batch in hand. */
  private refused: Refused = new Map()
  private readonly meter: ProjectorMeter
  private standing: Standing | undefined
  private readonly stepping: Stepping
  private readonly finished: Promise<void>

  constructor(
    private readonly store: Store,
    private readonly options: ProjectorOptions,
  ) {
    this.documents = new Documents(store.views, options.keep ?? 2000)
    this.reader = new Reader(store.log, options.graceMs === undefined ? {} : { graceMs: options.graceMs })
    this.batch = options.batch ?? 1000
    this.meter = options.meter ?? noMeter
    this.stepping = new Stepping({
      signal: options.signal,
      step: () => this.step(),
      onFailure: error => this.failed(error),
      longestPauseMs,
    })
    this.finished = this.run()
  }

  /** What it is doing; ends when it is stopped. */
  get status(): Observable<ProjectorStatus> {
    return this.statuses.asObservable()
  }

  get now(): ProjectorStatus {
    return this.statuses.value
  }

  /** Finishes the batch in hand and resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stepping.stop()
    await this.finished
    if (this.statuses.value.state !== 'failed') this.statuses.next({ state: 'stopped' })
    this.statuses.complete()
  }

  private async run(): Promise<void> {
    try {
      await this.stepping.run()
    } catch (error) {
      this.statuses.next({ state: 'failed', error: error as Error })
    }
  }

  /** A store that fails is tried again for ever, and a build that was replaced is left; nothing else mends itself. */
  private failed(error: unknown): void {
    this.forget()
    if (error instanceof BuildReplaced) return
    // The batch is folded again, and these are held back.
    if (error instanceof DocumentsRefused) {
      this.refused = withRefused(this.refused, error)
      return
    }
    if (!(error instanceof StoreError)) throw error
    this.statuses.next({ state: 'waiting', error })
  }

  private forget(): void {
    this.standing = undefined
    this.documents.forget()
  }

  /** One batch: read, route, load, fold, write once, move the checkpoints. Whether there was any. */
  private async step(): Promise<boolean> {
    const standing = await this.stand()
    const positions = positionsOf(standing.checkpoints)
    const read = performance.now()
    const found =
      positions.size === 0
        ? []
        : await this.meter.timed('read', () => this.reader.next(positions, this.batch))
    if (this.statuses.value.state !== 'running') this.statuses.next({ state: 'running' })
    if (found.length === 0) return false
    // Before the log is read, so that a rebuild which closes the build meanwhile reads as much of it.
    if (read - standing.openAt > openHoldsMs) {
      await this.confirm(standing)
      return true
    }
    await this.project(standing, found, performance.now())
    // Where few come at a time, a little patience lets them come together, and writers have the store meanwhile.
    if (found.length < this.batch / 4 && !this.stepping.stopping)
      await new Promise(resolve => setTimeout(resolve, lullMs))
    return true
  }

  /** The build that is read and its checkpoints, of the partitions that are ours now. */
  private async stand(): Promise<Standing> {
    const { standing } = this
    if (standing !== undefined && this.isCurrent(standing)) return standing
    this.forget()
    const { log, views } = this.store
    const build = await liveBuild(this.store, this.options.projection)
    const checkpoints = await readCheckpoints(views, build, log.partitions)
    // A rebuild closes the build and then raises the checkpoints: who has those must not have missed that.
    const asked = performance.now()
    const { version } = await liveBuild(this.store, this.options.projection)
    if (version !== build.version) return this.stand()
    const ours = this.options.partitions?.()
    for (const partition of [...checkpoints.keys()])
      if (ours !== undefined && !ours.has(partition)) checkpoints.delete(partition)
    await checkLogIsAhead(log, checkpoints.values())
    this.standing = { build, checkpoints, since: performance.now(), openAt: asked }
    return this.standing
  }

  /** Looks whether our build still is the one that is read, and open. */
  private async confirm(standing: Standing): Promise<void> {
    const asked = performance.now()
    const { version } = await liveBuild(this.store, this.options.projection)
    if (version === standing.build.version) standing.openAt = asked
    else this.forget()
  }

  private isCurrent({ checkpoints, since }: Standing): boolean {
    const ours = this.options.partitions?.()
    if (ours !== undefined && !areOf(checkpoints, ours)) return false
    const stopped = [...checkpoints.values()].some(checkpoint => checkpoint.stopped !== undefined)
    return !stopped || performance.now() - since < stoppedLooksMs
  }

  private async project(standing: Standing, found: readonly Found[], read: number): Promise<void> {
    const { build, checkpoints } = standing
    const { writes, failures, stops } = await this.fold(build, checkpoints, found)
    const { pauseMs, given } = this.attempts.again([...failures, ...stops])
    if (pauseMs !== undefined) {
      await new Promise(resolve => setTimeout(resolve, pauseMs))
      return
    }
    if (stops.length > 0) {
      const rest = found.filter(one => !stops.some(stop => isBehind(stop, one)))
      if (rest.length > 0) await this.project(standing, rest, read)
      return this.stopAt(standing, given)
    }
    const commits = readable(found)
    const moves = movesOf(checkpoints, commits, given)
    if (!(await this.save(standing, writes, moves))) return
    this.documents.keep(writes)
    this.refused = new Map()
    this.attempts.forget(given)
    this.meter.batch(commits.length, given)
    tellTraces(this.options.projection.name, commits, given, performance.now() - read)
  }

  /** Writes what a batch led to. Whether it is written. */
  private async save(
    standing: Standing,
    writes: Folded['writes'],
    moves: readonly Checkpoint[],
  ): Promise<boolean> {
    const { build, checkpoints } = standing
    const fold = { projection: buildName(build), writes, moves }
    const asked = performance.now()
    if (!(await this.meter.timed('write', () => this.store.views.save(fold)))) {
      // Another projector was there: what it wrote is right, so read all of it again.
      this.meter.conflict()
      this.forget()
      return false
    }
    // The checkpoints would not have moved in a build that is closing.
    standing.openAt = asked
    for (const move of moves) checkpoints.set(move.partition, move)
    return true
  }

  /** Stops partitions, each where all before it is folded; the others go on. */
  private async stopAt(standing: Standing, stops: readonly FoldFailure[]): Promise<void> {
    if (this.standing !== standing) return
    const reached = stops.filter(
      ({ partition, position }) => standing.checkpoints.get(partition)?.position === position - 1,
    )
    if (reached.length === 0 || !(await this.save(standing, [], stoppedAt(standing.checkpoints, reached))))
      return
    this.attempts.forget(reached)
    this.meter.batch(0, reached)
    for (const stop of reached) this.options.onStopped?.(stop)
  }

  /** Folds a batch; what stops a partition is told apart, and then nothing is written yet. */
  private async fold(
    build: Build,
    checkpoints: ReadonlyMap<number, Checkpoint>,
    found: readonly Found[],
  ): Promise<Folded & { readonly stops: readonly FoldFailure[] }> {
    const unreadable = found.filter(isUnreadable)
    if (unreadable.length > 0) return { writes: [], failures: [], stops: unreadable.map(failureOf) }
    try {
      const routed = withCheckpoints(routing(build, readable(found)), checkpoints.values())
      await this.meter.timed('load', () => this.documents.find(routed))
      const folded = await this.meter.timed('fold', async () => foldAll(build, routed, this.refused))
      if (build.onFailure === 'hold' || folded.failures.length === 0) return { ...folded, stops: [] }
      return { writes: [], failures: [], stops: folded.failures }
    } catch (error) {
      if (error instanceof CommitUnreadable) return { writes: [], failures: [], stops: [failureOf(error)] }
      throw error
    }
  }
}

import type { Projection } from '@crawl-ledger/domain'
import {
  type Checkpoint,
  type Commit,
  type Positions,
  Reader,
  type Store,
  StoreError,
} from '@crawl-ledger/log'
import {
  BehaviorSubject,
  defer,
  lastValueFrom,
  merge,
  type Observable,
  repeat,
  retry,
  Subject,
  take,
  takeWhile,
  timer,
} from 'rxjs'
import { checkLogIsAhead, movesOf, readCheckpoints, versionName } from './checkpoints.js'
import { Documents } from './documents.js'
import { foldAll, routing } from './fold.js'
import { Waiting } from './waiting.js'

export interface ProjectorOptions {
  readonly projection: Projection
  /** Emits when there may be something new, so that it is not waited for. */
  readonly signal: Observable<unknown>
  /** About how many commits are folded at once. Default 1,000. */
  readonly batch?: number
  /** How many documents of each view are kept in memory. Default 3,000. */
  readonly keep?: number
  /** How long a hole may stay open, in milliseconds. Default 2,000. */
  readonly graceMs?: number
}

export type ProjectorStatus =
  | { readonly state: 'running' | 'stopped' }
  /** The store failed, and is tried again. */
  | { readonly state: 'waiting'; readonly error: Error }
  /** It cannot go on by itself. */
  | { readonly state: 'failed'; readonly error: Error }

const longestPauseMs = 5000

/** Follows all partitions of a log and folds them into a projection's views. */
export class Projector {
  private readonly statuses = new BehaviorSubject<ProjectorStatus>({ state: 'running' })
  private readonly documents: Documents
  private readonly reader: Reader
  private readonly batch: number
  private checkpoints: Map<number, Checkpoint> | undefined
  private stopping = false
  private readonly wake = new Subject<void>()
  private readonly finished: Promise<void>

  constructor(
    private readonly store: Store,
    private readonly options: ProjectorOptions,
  ) {
    this.documents = new Documents(store.views, options.keep ?? 3000)
    this.reader = new Reader(store.log, options.graceMs === undefined ? {} : { graceMs: options.graceMs })
    this.batch = options.batch ?? 1000
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
    this.stopping = true
    this.wake.next()
    await this.finished
    if (this.statuses.value.state !== 'failed') this.statuses.next({ state: 'stopped' })
    this.statuses.complete()
  }

  private async run(): Promise<void> {
    const waiting = new Waiting(merge(this.options.signal, this.wake))
    let found = false
    const following = defer(async () => {
      waiting.begin()
      found = this.stopping ? false : await this.step()
    }).pipe(
      retry({ delay: (error, count) => this.pause(error, count), resetOnSuccess: true }),
      repeat({ delay: () => waiting.next(found) }),
      takeWhile(() => !this.stopping),
    )
    try {
      await lastValueFrom(following, { defaultValue: undefined })
    } catch (error) {
      this.statuses.next({ state: 'failed', error: error as Error })
    } finally {
      waiting.end()
    }
  }

  /** A store that fails is tried again for ever; anything else cannot mend itself. */
  private pause(error: unknown, count: number): Observable<unknown> {
    if (!(error instanceof StoreError)) throw error
    this.statuses.next({ state: 'waiting', error })
    this.forget()
    if (this.stopping) return timer(0)
    return merge(this.wake, timer(Math.min(longestPauseMs, 100 * 2 ** (count - 1)))).pipe(take(1))
  }

  private forget(): void {
    this.checkpoints = undefined
    this.documents.forget()
  }

  /** One batch: read, route, load, fold, write once, move the checkpoints. Whether there was any. */
  private async step(): Promise<boolean> {
    const checkpoints = this.checkpoints ?? (await this.begin())
    this.checkpoints = checkpoints
    const commits = await this.reader.next(positionsOf(checkpoints), this.batch)
    if (this.statuses.value.state !== 'running') this.statuses.next({ state: 'running' })
    if (commits.length === 0) return false
    await this.project(checkpoints, commits)
    return true
  }

  private async begin(): Promise<Map<number, Checkpoint>> {
    const { log, views } = this.store
    const checkpoints = await readCheckpoints(views, this.options.projection, log.partitions)
    await checkLogIsAhead(log, checkpoints.values())
    return checkpoints
  }

  private async project(checkpoints: Map<number, Checkpoint>, commits: readonly Commit[]): Promise<void> {
    const { projection } = this.options
    const routed = routing(projection, commits)
    await this.documents.find(routed)
    const writes = foldAll(projection, routed)
    const moves = movesOf(checkpoints, commits)
    if (!(await this.store.views.save({ projection: versionName(projection), writes, moves }))) {
      // Another projector was there: what it wrote is right, so read all of it again.
      this.forget()
      return
    }
    this.documents.keep(writes)
    for (const { to } of moves) checkpoints.set(to.partition, to)
  }
}

const positionsOf = (checkpoints: ReadonlyMap<number, Checkpoint>): Positions =>
  new Map([...checkpoints].map(([partition, { position }]) => [partition, position]))

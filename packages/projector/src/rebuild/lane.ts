import { type Checkpoint, type Commit, Reader, type Store, type ViewStore } from '@crawl-ledger/log'
import { type Build, buildName } from '../build.js'
import { changed, movesOf } from '../checkpoints.js'
import { foldAll, routing, withCheckpoints } from '../fold.js'
import { Pending } from './pending.js'

const writtenAtOnce = 1000
const holePauseMs = 25

/** Somebody else folds into the same build. */
export class RebuildTakenOver extends Error {
  override readonly name = 'RebuildTakenOver'
  readonly code = 'rebuild-taken-over'

  constructor(build: Build) {
    super(
      `Build ${build.version} of ${build.name} was taken over by another process, or cancelled. ` +
        'See how it stands: crawl-replay status',
    )
  }
}

/** Called after each batch: it may wait, to keep a pace, and throws when the rebuild is to end. */
export type Pace = (commits: number, events: number) => Promise<void>

export interface LaneOptions {
  /** About how much the documents that wait to be written may take. */
  readonly memoryBytes: number
  /** How many commits are folded at once. */
  readonly readAtOnce: number
  /** Somebody may have written documents, also where no checkpoint tells of it. */
  readonly resumed: boolean
}

/** Folds one partition into a build that is being made. */
export class Lane {
  private readonly reader: Reader
  private readonly pending: Pending
  /** As it will be when all that waits is written. */
  private next: Checkpoint
  documents = 0

  constructor(
    store: Store,
    private readonly views: ViewStore,
    private readonly build: Build,
    private saved: Checkpoint,
    private readonly options: LaneOptions,
  ) {
    this.reader = new Reader(store.log)
    this.next = saved
    this.pending = new Pending(views, !options.resumed && saved.revision === 0)
  }

  get position(): number {
    return this.next.position
  }

  get checkpoint(): Checkpoint {
    return this.next
  }

  /** Folds up to a position, and writes what waits. */
  async foldTo(end: number, pace: Pace): Promise<void> {
    let reading = this.position < end ? this.read() : undefined
    while (reading !== undefined && this.next.stopped === undefined) {
      const commits = await reading
      const last = commits.at(-1)?.position ?? this.position
      // The next are read while these are folded.
      reading = last < end ? this.read(last) : undefined
      reading?.catch(() => {})
      if (commits.length === 0) await new Promise(resolve => setTimeout(resolve, holePauseMs))
      else await this.fold(commits)
      await pace(
        commits.length,
        commits.reduce((sum, { events }) => sum + events.length, 0),
      )
    }
    await this.flush()
  }

  private read(after = this.position): Promise<readonly Commit[]> {
    return this.reader.next(new Map([[this.saved.partition, after]]), this.options.readAtOnce)
  }

  private async fold(commits: readonly Commit[]): Promise<void> {
    const routed = withCheckpoints(routing(this.build, commits), [this.next])
    await this.pending.find(routed)
    const { writes, failures } = foldAll(this.build, routed)
    this.pending.add(writes)
    const [next] = movesOf(new Map([[this.saved.partition, this.next]]), commits, failures)
    if (next !== undefined) this.next = { ...next, revision: this.saved.revision + 1 }
    if (this.pending.bytes > this.options.memoryBytes) await this.flush()
  }

  private async flush(): Promise<void> {
    if (this.next === this.saved) return
    const writes = this.pending.drain()
    for (let i = 0; i < writes.length; i += writtenAtOnce)
      await this.save({ writes: writes.slice(i, i + writtenAtOnce), moves: [] })
    await this.save({ writes: [], moves: [this.next] })
    this.documents += writes.length
    this.saved = this.next
  }

  /** Raises the checkpoint's revision, so that whoever still knows the one before can write nothing more. */
  async seal(): Promise<void> {
    this.next = changed(this.saved, {})
    await this.save({ writes: [], moves: [this.next] })
    this.saved = this.next
  }

  private async save(fold: {
    writes: ReturnType<Pending['drain']>
    moves: readonly Checkpoint[]
  }): Promise<void> {
    if (!(await this.views.save({ projection: buildName(this.build), ...fold })))
      throw new RebuildTakenOver(this.build)
  }
}

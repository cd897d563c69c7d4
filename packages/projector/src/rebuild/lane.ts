import {
  type Checkpoint,
  type Commit,
  CommitUnreadable,
  DocumentsRefused,
  type Fold,
  type Found,
  isReadable,
  Reader,
  readable,
  type Store,
  type ViewStore,
} from '@crawl-ledger/log'
import { type Build, buildName } from '../build.js'
import { heldOf, movesOf } from '../checkpoints.js'
import { foldAll, type Refused, routing, withCheckpoints, withRefused } from '../fold.js'
import { failureOf } from '../stopping.js'
import { Pending } from './pending.js'

const writtenAtOnce = 5000

/** The most commits that are read at once, and how many the first reading takes, when their size is not known yet. */
const commitsAtOnce = 2000
const firstCommits = 100
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

/** @throws RebuildTakenOver when somebody else wrote */
export const saveInto = async (
  views: ViewStore,
  build: Build,
  fold: Pick<Fold, 'writes' | 'moves'>,
): Promise<void> => {
  if (!(await views.save({ projection: buildName(build), ...fold }))) throw new RebuildTakenOver(build)
}

/** Called after each batch: it may wait, to keep a pace, and throws when the rebuild is to end. */
export type Pace = (commits: number, events: number) => Promise<void>

export interface LaneOptions {
  /** About how much the documents that wait to be written may take. */
  readonly memoryBytes: number
  /** About how many events are folded at once. */
  readonly eventsAtOnce: number
  /** Somebody may have written documents, also where no checkpoint tells of it. */
  readonly resumed: boolean
  /** Up to where the views that are read hold the partition: less than that is never put in their place. */
  readonly shown: number
}

/** Folds one partition into a build that is being made. */
export class Lane {
  private reader: Reader
  private pending: Pending
  private refused: Refused = new Map()
  /** As it will be when all that waits is written. */
  private next: Checkpoint
  private commitsAtOnce: number
  documents = 0

  constructor(
    private readonly store: Store,
    private readonly views: ViewStore,
    private readonly build: Build,
    private saved: Checkpoint,
    private readonly options: LaneOptions,
  ) {
    this.reader = new Reader(store.log)
    this.next = saved
    this.commitsAtOnce = Math.min(firstCommits, options.eventsAtOnce)
    this.pending = new Pending(views, !options.resumed && saved.revision === 0)
  }

  get position(): number {
    return this.next.position
  }

  get checkpoint(): Checkpoint {
    return this.next
  }

  /** Folds up to a position, and writes what waits. A document that the store does not take is held back. */
  async foldTo(end: number, pace: Pace): Promise<void> {
    for (;;)
      try {
        return await this.foldOn(end, pace)
      } catch (error) {
        if (!(error instanceof DocumentsRefused)) throw error
        this.beginAgain(error)
      }
  }

  /** Goes back to what is saved. Of what waited some may be written, so all is looked for there. */
  private beginAgain(error: DocumentsRefused): void {
    this.refused = withRefused(this.refused, error)
    this.reader = new Reader(this.store.log)
    this.pending = new Pending(this.views, false)
    this.next = this.saved
  }

  private async foldOn(end: number, pace: Pace): Promise<void> {
    let reading = this.position < end ? this.read() : undefined
    while (reading !== undefined && this.next.stopped === undefined) {
      const found = await reading
      const last = found.at(-1)?.position ?? this.position
      const commits = found.filter(isReadable)
      const events = commits.reduce((sum, { events }) => sum + events.length, 0)
      this.learn(commits.length, events)
      // The next are read while these are folded.
      reading = last < end ? this.read(last) : undefined
      reading?.catch(() => {})
      if (found.length === 0) await new Promise(resolve => setTimeout(resolve, holePauseMs))
      else await this.fold(found)
      await pace(commits.length, events)
    }
    await this.flush()
  }

  /** A commit has one event or hundreds: from those that were read follows how many are to be read next. */
  private learn(commits: number, events: number): void {
    const wanted = Math.ceil((this.options.eventsAtOnce * commits) / Math.max(1, events))
    if (commits > 0) this.commitsAtOnce = Math.min(commitsAtOnce, wanted)
  }

  private read(after = this.position): Promise<readonly Found[]> {
    return this.reader.next(new Map([[this.saved.partition, after]]), this.commitsAtOnce)
  }

  /** At what cannot be read the partition stops, as it does in the views that are read; where these are beyond it, all ends. */
  private async fold(found: readonly Found[]): Promise<void> {
    try {
      await this.foldAll(readable(found))
    } catch (error) {
      if (!(error instanceof CommitUnreadable) || error.position <= this.options.shown) throw error
      await this.foldAll(readable(found.filter(({ position }) => position < error.position)))
      this.next = {
        ...this.next,
        revision: this.saved.revision + 1,
        stopped: heldOf(failureOf(error)),
      }
    }
  }

  private async foldAll(commits: readonly Commit[]): Promise<void> {
    const routed = withCheckpoints(routing(this.build, commits), [this.next])
    await this.pending.find(routed)
    const { writes, failures } = foldAll(this.build, routed, this.refused)
    this.pending.add(writes)
    const [next] = movesOf(new Map([[this.saved.partition, this.next]]), commits, failures)
    if (next !== undefined) this.next = { ...next, revision: this.saved.revision + 1 }
    if (this.pending.bytes > this.options.memoryBytes) await this.flush()
  }

  private async flush(): Promise<void> {
    if (this.next === this.saved) return
    const writes = this.pending.drain()
    const last = Math.max(0, writes.length - writtenAtOnce)
    for (let i = 0; i < last; i += writtenAtOnce)
      await this.save(writes.slice(i, Math.min(last, i + writtenAtOnce)), [])
    await this.save(writes.slice(last), [this.next])
    this.documents += writes.length
    this.saved = this.next
  }

  private save(writes: Fold['writes'], moves: Fold['moves']): Promise<void> {
    return saveInto(this.views, this.build, { writes, moves })
  }
}

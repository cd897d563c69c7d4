import { canonical, type Json, locationOf } from '@crawl-ledger/domain'
import {
  type Checkpoint,
  type Commit,
  CommitMisplaced,
  type CommitUnreadable,
  type Found,
  isIntact,
  isUnreadable,
  isVoid,
  partitionOf,
  readEvents,
  runningDigest,
  sealer,
  voidCommit,
} from '@crawl-ledger/log'
import { Chains } from './chains.js'
import type { LogFinding } from './finding.js'

/** A checkpoint, and the name of the build that keeps it. */
export interface Kept {
  readonly build: string
  readonly checkpoint: Checkpoint
}

/**
 * Checks one partition, place by place; asks no store. It keeps the end of every stream and every message id of its
 * partition: that is what chains and repetitions are seen by, and is dropped with it.
 */
export class LogCheck {
  commits = 0
  events = 0
  voids = 0
  /** Where it first showed that the digest cannot be right. */
  private excuse: number | undefined
  /** Where a digest could not be compared because of that. */
  unknown: { readonly from: number; readonly to: number } | undefined
  private readonly chains = new Chains()
  private readonly messages = new Set<string>()
  private last = 0
  private digest = ''
  /** The last checkpoint whose digest was right. */
  private right = 0
  /** Voids behind it, which fill a hole, or took the place of a stream's last commit. */
  private voidsSince: number[] = []
  private wrong = false

  constructor(
    private readonly partition: number,
    private readonly partitions: number,
    private readonly kept: readonly Kept[],
    private readonly auditKey: string | undefined,
  ) {}

  *take(found: Found): Generator<LogFinding> {
    const { position } = found
    if (position > this.last + 1) yield this.gap(this.last + 1, position - 1)
    this.last = position
    if (isUnreadable(found)) {
      this.lose(position, position)
      yield this.unreadable(found)
      return
    }
    if (isVoid(found)) yield* this.takeVoid(position, found)
    else yield* this.takeCommit(position, found)
    this.digest = runningDigest(this.digest, found)
    yield* this.compareDigest(position)
  }

  /** When all was taken. */
  *end(): Generator<LogFinding> {
    const behind = this.kept.filter(({ checkpoint }) => checkpoint.position > this.last)
    const [farthest] = behind.sort((a, b) => b.checkpoint.position - a.checkpoint.position)
    if (farthest === undefined) return
    const { build, checkpoint } = farthest
    yield this.finding(
      'cut-off',
      this.last + 1,
      `The log ends before it, and ${build} has folded this partition up to position ${checkpoint.position}: ` +
        'the last commits were cut off, or the log was restored from an older copy.',
    )
  }

  private finding(kind: LogFinding['kind'], position: number, what: string, stream?: string): LogFinding {
    const message = `Partition ${this.partition}, position ${position}: ${what}`
    return { kind, partition: this.partition, position, message, ...(stream === undefined ? {} : { stream }) }
  }

  private lose(from: number, to: number): void {
    this.excuse ??= from
    this.chains.lose(from, to)
  }

  private unreadable({ position, stream, cause }: CommitUnreadable): LogFinding {
    if (cause instanceof CommitMisplaced) return this.finding('misplaced', position, cause.message, stream)
    const why = cause.message.endsWith('.') ? cause.message : `${cause.message}.`
    return this.finding('unreadable', position, `What stands there cannot be read: ${why}`, stream)
  }

  private gap(from: number, to: number): LogFinding {
    this.lose(from, to)
    const many = to > from ? ` up to position ${to}` : ''
    return this.finding(
      'gap',
      from,
      `Nothing is there${many}, and there are commits behind: what was there was removed, or a place was never filled.`,
    )
  }

  private *takeVoid(position: number, commit: Commit): Generator<LogFinding> {
    this.voids += 1
    const right = voidCommit(sealer(this.auditKey), this.partition, position)
    if (canonical(right as unknown as Json) === canonical(commit as unknown as Json)) {
      this.chains.skip(position)
      this.voidsSince.push(position)
      return
    }
    this.lose(position, position)
    const events = commit.events.length > 0 ? ' It holds events, which a void commit never does.' : ''
    yield this.finding('void', position, `The void commit there is not the one that fills a hole.${events}`)
  }

  private *takeCommit(position: number, commit: Commit): Generator<LogFinding> {
    const { stream } = commit
    this.commits += 1
    this.events += commit.events.length
    const wrongPlace = this.wrongPlace(commit)
    const intact = isIntact(commit, this.auditKey)
    if (wrongPlace !== undefined) {
      this.lose(position, position)
      yield this.finding('misplaced', position, wrongPlace, stream)
    }
    if (!intact)
      yield this.finding(
        'changed',
        position,
        `The hash of the commit of ${stream} does not fit what it says: it was changed (or it was written with another AUDIT_KEY).`,
        stream,
      )
    if (wrongPlace === undefined) {
      for (const { kind, at, what } of this.chains.take(position, commit, intact)) {
        // A commit that vanished explains a digest that is wrong.
        if (kind === 'void') this.excuse ??= at
        yield this.finding(kind, at, what, stream)
      }
      yield* this.repeats(position, commit)
    }
    yield* this.reads(position, commit)
  }

  private wrongPlace({ stream }: Commit): string | undefined {
    const home = partitionOf(locationOf(stream), this.partitions)
    // 0.1 escaped nothing: what reads as an escape now was the id itself.
    const inV1 = partitionOf(stream.split('/')[0] ?? '', this.partitions)
    if (home === this.partition || inV1 === this.partition) return undefined
    return `The commit of ${stream} belongs into partition ${home}.`
  }

  private *repeats(position: number, { stream, messages }: Commit): Generator<LogFinding> {
    for (const { id } of messages) {
      // A message's id is its stream's own: two workflows may both have a first message.
      const name = `${stream}/${id}`
      if (this.messages.has(name)) {
        const what = `The message ${id} of ${stream} was recorded before.`
        yield this.finding('duplicate-message', position, what, stream)
      }
      this.messages.add(name)
    }
  }

  private *reads(position: number, { stream, events }: Commit): Generator<LogFinding> {
    try {
      for (const event of events) readEvents(event)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      yield this.finding('unreadable', position, `An event of ${stream} cannot be read: ${why}`, stream)
    }
  }

  /** The digest says that something was changed, and nothing else does. A void is what a commit can vanish under. */
  private *otherCommits(build: string, position: number): Generator<LogFinding> {
    const range = `The commits from position ${this.right + 1} up to ${position} are not those that ${build} folded`
    for (const at of this.voidsSince)
      yield this.finding('void', at, `${range}: the void commit here may have taken the place of one.`)
    if (this.voidsSince.length === 0)
      yield this.finding(
        'digest',
        position,
        `${range}: one was changed, removed or put in, even where its hashes fit.`,
      )
  }

  private *compareDigest(position: number): Generator<LogFinding> {
    if (this.wrong) return
    for (const { build, checkpoint } of this.kept) {
      if (checkpoint.position !== position || this.wrong) continue
      if (checkpoint.digest === this.digest) {
        this.right = position
        this.voidsSince = []
        continue
      }
      this.wrong = true
      if (this.excuse === undefined) yield* this.otherCommits(build, position)
      else this.unknown = { from: this.excuse, to: position }
    }
  }
}

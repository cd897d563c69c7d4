import { EventTooNew, UnknownEvent } from '@crawl-ledger/domain'
import { type Commit, commitId } from './commit.js'

/** Where a commit stands, by the store's own keys and not by what it says of itself. */
export interface CommitPlace {
  readonly partition: number
  readonly position: number
  /** Where it is known. */
  readonly stream?: string | undefined
}

const advice =
  'It was damaged, or changed from outside: find all that is with crawl-replay verify, and put the store back from a backup.'

/** What an event of another program says of itself names what to do already. */
const isSaidWhole = (cause: Error): boolean => cause instanceof EventTooNew || cause instanceof UnknownEvent

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** What stands at a position is no commit that this program can read: it was damaged, or a newer program wrote it. */
export class CommitUnreadable extends Error {
  override readonly name = 'CommitUnreadable'
  readonly code = 'commit-unreadable'
  readonly partition: number
  readonly position: number
  /** Where it is known. */
  readonly stream: string | undefined

  constructor(
    { partition, position, stream }: CommitPlace,
    override readonly cause: Error,
  ) {
    const whose = stream === undefined ? '' : ` (${stream})`
    const why = sentence(cause.message)
    super(
      `The commit at position ${position} of partition ${partition}${whose} cannot be read: ` +
        (isSaidWhole(cause) ? why : `${why} ${advice}`),
    )
    this.partition = partition
    this.position = position
    this.stream = stream
  }
}

/** A commit says that it stands elsewhere. */
export class CommitMisplaced extends Error {
  override readonly name = 'CommitMisplaced'
}

/** What stands at a position. A reader sees to both, so that one damaged commit costs no other. */
export type Found = Commit | CommitUnreadable

/** By its code: a program may have loaded this module twice. */
export const isUnreadable = (found: Found): found is CommitUnreadable => 'code' in found

export const isReadable = (found: Found): found is Commit => !isUnreadable(found)

/** What was thrown, as an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown))

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const isCommit = (value: unknown): value is Commit => {
  if (!isObject(value)) return false
  const { stream, version, at, messages, events, prev, hash } = value as { [F in keyof Commit]: unknown }
  return (
    typeof stream === 'string' &&
    typeof at === 'string' &&
    typeof prev === 'string' &&
    typeof hash === 'string' &&
    Number.isInteger(version) &&
    Array.isArray(messages) &&
    messages.every(isObject) &&
    Array.isArray(events)
  )
}

const checked = (place: CommitPlace, value: unknown): Commit => {
  if (!isCommit(value)) throw new Error('It has not the fields of a commit.')
  const { _id, partition, position, stream } = value
  if (
    partition !== place.partition ||
    position !== place.position ||
    _id !== commitId(partition, position) ||
    stream !== (place.stream ?? stream)
  )
    throw new CommitMisplaced(
      `The commit of ${stream} there says that it is ${_id}, position ${position} of partition ${partition}: it was moved there.`,
    )
  return value
}

/** What a store finds at a place: `read` gives it, or throws where it cannot. */
export const foundAt = (place: CommitPlace, read: () => unknown): Found => {
  try {
    return checked(place, read())
  } catch (error) {
    return new CommitUnreadable(place, asError(error))
  }
}

/**
 * What is read out of a commit, such as its events.
 *
 * @throws CommitUnreadable where there is no commit, or what it holds cannot be read
 */
export const reading = <A>(found: Found, read: (commit: Commit) => A): A => {
  if (isUnreadable(found)) throw found
  try {
    return read(found)
  } catch (error) {
    throw new CommitUnreadable(found, asError(error))
  }
}

/**
 * The commits, where all that was found are some.
 *
 * @throws CommitUnreadable for the first that is none
 */
export const readable = (found: readonly Found[]): readonly Commit[] =>
  found.map(one => reading(one, commit => commit))

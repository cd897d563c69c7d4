import { canonical, type Json } from '@crawl-ledger/domain'
import { type Commit, type Draft, type Landing, type Seal, voidCommit } from '@crawl-ledger/log'
import type { Connection } from './connection.js'
import type { Value } from './engine.js'
import { rowInserter } from './rows.js'

/** The most bytes of a commit, as in a MongoDB document, so that a log can move to another store. */
const maxCommitBytes = 16 * 1024 * 1024

interface Sealed {
  readonly commit: Commit
  readonly text: string
}

/** What the table of messages holds of a commit. */
type MessagesOf = Pick<Commit, 'partition' | 'stream' | 'position' | 'messages'>

const eventValues = (sealed: readonly Sealed[]): readonly Value[] => {
  const values: Value[] = []
  for (const { commit, text } of sealed) {
    const { partition, position, stream, version, prev, hash } = commit
    values.push(partition, position, stream, version, prev, hash, text)
  }
  return values
}

export const messageColumns = ['partition', 'stream', 'id', 'digest', 'position']

export const messageValues = (sealed: readonly { readonly commit: MessagesOf }[]): readonly Value[] => {
  const values: Value[] = []
  for (const { commit } of sealed)
    for (const { id, digest } of commit.messages)
      values.push(commit.partition, commit.stream, id, digest, commit.position)
  return values
}

/** A commit as it is stored, that was sealed before. */
const sealedAlready = (commit: Commit): Sealed => {
  const { prev: _prev, hash: _hash, ...body } = commit
  return { commit, text: canonical(body as unknown as Json) }
}

const tooLarge = ({ text }: Sealed): Landing | undefined => {
  if (text.length <= maxCommitBytes / 4) return undefined
  const bytes = Buffer.byteLength(text)
  return bytes > maxCommitBytes ? { tag: 'too-large', bytes, limit: maxCommitBytes } : undefined
}

/** What writes commits. To be called within a transaction: so positions have no holes. */
export interface Appender {
  /** All at once, as nearly always nothing stands in the way; undefined where something does: then the transaction is undone. */
  together(drafts: readonly Draft[]): readonly Landing[] | undefined
  /** Is told what `together` wrote once that is on the disk. */
  kept(landings: readonly Landing[]): void
  /** Each for itself, to tell which one a key was taken from. */
  oneByOne(drafts: readonly Draft[]): readonly Landing[]
  fill(holes: readonly { partition: number; position: number }[]): void
  /** The first commit whose place is taken by another; undefined when all are there. */
  restore(commits: readonly Commit[]): Commit | undefined
  tail(partition: number): number
}

export const appender = ({ db }: Connection, seal: Seal): Appender => {
  const insertEvents = rowInserter(db, 'events', [
    'partition',
    'position',
    'stream',
    'version',
    'prev',
    'hash',
    'body',
  ])
  const insertMessages = rowInserter(db, 'messages', messageColumns)
  const lastPosition = db.prepare('SELECT max(position) AS position FROM events WHERE partition = ?')

  const hashAt = db.prepare('SELECT hash FROM events WHERE partition = ? AND position = ?')

  const tail = (partition: number): number =>
    (lastPosition.get(partition) as { position: number | null }).position ?? 0

  /** Where this process wrote last. Another one may have gone on since: then the next position is taken, and looked for. */
  const ends = new Map<number, number>()

  /** Positions for one draft after the other; one that did not land gives its position to the next. */
  const positions = () => {
    const tails = new Map<number, number>()
    return {
      next: (partition: number): number =>
        (tails.get(partition) ?? ends.get(partition) ?? tail(partition)) + 1,
      took: (partition: number, position: number): void => {
        tails.set(partition, position)
      },
    }
  }

  const beginAttempt = db.prepare('SAVEPOINT attempt')
  const keepAttempt = db.prepare('RELEASE attempt')

  /** Runs inside a savepoint, and undoes what was written unless it answers true. */
  const attempt = (work: () => boolean): boolean => {
    beginAttempt.run()
    const done = work()
    if (!done) db.exec('ROLLBACK TO attempt')
    keepAttempt.run()
    return done
  }

  const insertAll = (sealed: readonly Sealed[]): boolean => {
    const messages = sealed.reduce((sum, { commit }) => sum + commit.messages.length, 0)
    return (
      insertMessages(messageValues(sealed)) === messages &&
      insertEvents(eventValues(sealed)) === sealed.length
    )
  }

  const together = (drafts: readonly Draft[]): readonly Landing[] | undefined => {
    const at = new Date().toISOString()
    const { next, took } = positions()
    const sealed = drafts.map(draft => {
      const position = next(draft.partition)
      took(draft.partition, position)
      return seal(draft, position, at)
    })
    if (sealed.some(one => tooLarge(one) !== undefined)) return undefined
    return insertAll(sealed) ? sealed.map(({ commit }) => ({ tag: 'landed', commit })) : undefined
  }

  const oneByOne = (drafts: readonly Draft[]): readonly Landing[] => {
    const at = new Date().toISOString()
    ends.clear()
    const { next, took } = positions()
    return drafts.map((draft): Landing => {
      const position = next(draft.partition)
      const sealed = seal(draft, position, at)
      const refused = tooLarge(sealed)
      if (refused !== undefined) return refused
      if (!attempt(() => insertAll([sealed]))) return { tag: 'taken' }
      took(draft.partition, position)
      return { tag: 'landed', commit: sealed.commit }
    })
  }

  return {
    tail,
    together,
    kept: landings => {
      for (const landing of landings)
        if (landing.tag === 'landed') ends.set(landing.commit.partition, landing.commit.position)
    },
    oneByOne,
    fill: holes => {
      for (const { partition, position } of holes)
        attempt(() => insertAll([sealedAlready(voidCommit(seal, partition, position))]))
    },
    restore: commits =>
      commits.find(commit => {
        const there = hashAt.all(commit.partition, commit.position)[0] as { hash: string } | undefined
        if (there !== undefined) return there.hash !== commit.hash
        return !attempt(() => insertAll([sealedAlready(commit)]))
      }),
  }
}

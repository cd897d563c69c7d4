import { type Commit, type Draft, type Landing, type Seal, StoreError, voidCommit } from '@crawl-ledger/log'
import { BSON, type WriteError } from 'mongodb'
import type { Connection } from './connection.js'
import { toStored } from './encoding.js'
import { documentFault, duplicateKey, encodingFault, refusals, serverError, storeError } from './errors.js'
import { inHalves } from './halves.js'
import type { Sequencer } from './sequencer.js'

/** The most bytes of a document: the server's limit. */
export const maxDocumentBytes = 16 * 1024 * 1024

/** Room for what a commit has besides its messages and events. */
const frame = 16 * 1024

type Place = { readonly partition: number; readonly position: number }

/** A draft that cannot become a document, known before a position is taken. Only a large one is measured. */
const obstacle = (draft: Draft): Landing | undefined => {
  // BSON is at most some ten times as long as JSON (a list of small numbers), so most need no measuring.
  if (sizeOf(draft) < maxDocumentBytes / 16) return undefined
  try {
    const bytes = BSON.calculateObjectSize(toStored(draft)) + frame
    return bytes > maxDocumentBytes ? { tag: 'too-large', bytes, limit: maxDocumentBytes } : undefined
  } catch (error) {
    const reason = encodingFault(error)
    if (reason === undefined) throw error
    return { tag: 'unstorable', reason }
  }
}

/** About how large a draft is. */
const sizeOf = ({ events, messages }: Draft): number => {
  let size = messages.length * 400
  const stack: unknown[] = [...events]
  while (stack.length > 0) {
    const value = stack.pop()
    if (typeof value === 'string') size += value.length * 3
    else if (typeof value === 'object' && value !== null) {
      const object = value as { readonly [key: string]: unknown }
      for (const key in object) {
        size += key.length + 12
        stack.push(object[key])
      }
    }
  }
  return size
}

/** Writes all commits that can be written, each for itself. */
const insertEach = async (
  connection: Connection,
  commits: readonly Commit[],
): Promise<readonly Landing[]> => {
  if (commits.length === 0) return []
  const insert = async (some: readonly Commit[]): Promise<readonly Landing[]> => {
    try {
      await connection.events.insertMany(some.map(toStored), { ordered: false })
      return some.map(commit => ({ tag: 'landed', commit }))
    } catch (error) {
      const errors = refusals(error)
      if (errors !== undefined) return judged(connection, some, errors)
      throw error
    }
  }
  return inHalves(commits, insert, (_, reason) => ({ tag: 'unstorable', reason }))
}

const judged = (
  { name }: Connection,
  commits: readonly Commit[],
  errors: readonly WriteError[],
): readonly Landing[] => {
  const refused = new Map(errors.map(one => [one.index, one]))
  return commits.map((commit, i): Landing => {
    const one = refused.get(i)
    if (one === undefined) return { tag: 'landed', commit }
    if (one.code === duplicateKey) return { tag: 'taken' }
    const reason = documentFault(one.code)
    if (reason !== undefined) return { tag: 'unstorable', reason }
    return { tag: 'failed', error: serverError(name, Number(one.code), one.err) }
  })
}

/** Puts void commits, and tells where something was already. */
export const fillHoles = async (
  { events }: Connection,
  seal: Seal,
  holes: readonly Place[],
): Promise<readonly Place[]> => {
  if (holes.length === 0) return []
  try {
    await events.insertMany(
      holes.map(({ partition, position }) => voidCommit(seal, partition, position)),
      { ordered: false },
    )
    return []
  } catch (error) {
    const errors = refusals(error)
    if (errors === undefined || errors.some(one => one.code !== duplicateKey)) throw error
    return errors.map(one => holes[one.index] as Place)
  }
}

/** A single draft at the place that is likely free; undefined when it was not, or only a reservation will do. */
const appendAtGuess = async (
  connection: Connection,
  sequencer: Sequencer,
  seal: Seal,
  drafts: readonly Draft[],
): Promise<readonly Landing[] | undefined> => {
  const seat = sequencer.guess(drafts)
  if (seat === undefined) return undefined
  let landings: readonly Landing[] = []
  try {
    landings = await insertEach(connection, [seal(seat.draft, seat.position, seat.at).commit])
  } finally {
    sequencer.guessed(seat, landings[0]?.tag === 'landed')
  }
  return landings[0]?.tag === 'taken' ? undefined : landings
}

/** Appends drafts: reserve, insert, and fill what was reserved in vain. */
export const append = async (
  connection: Connection,
  sequencer: Sequencer,
  seal: Seal,
  drafts: readonly Draft[],
): Promise<readonly Landing[]> => {
  const landings = drafts.map(obstacle)
  const fit = drafts.filter((_, i) => landings[i] === undefined)
  if (fit.length === 0) return landings as readonly Landing[]
  const answers = ((await appendAtGuess(connection, sequencer, seal, fit)) ??
    (await appendReserved(connection, sequencer, seal, fit)))[Symbol.iterator]()
  return landings.map(landing => landing ?? (answers.next().value as Landing))
}

const appendReserved = async (
  connection: Connection,
  sequencer: Sequencer,
  seal: Seal,
  drafts: readonly Draft[],
): Promise<readonly Landing[]> => {
  const { seats, wasted, at } = await sequencer.reserve(drafts)
  const results = await insertEach(
    connection,
    seats.map(({ draft, position }) => seal(draft, position, at).commit),
  )
  const vain: Place[] = [...wasted]
  seats.forEach(({ draft: { partition }, position }, i) => {
    if (results[i]?.tag === 'landed') sequencer.seen(partition, position)
    else vain.push({ partition, position })
  })
  const occupied = await fillHoles(connection, seal, vain).catch((error: unknown) => {
    // What landed has landed. A reader fills the holes that stay.
    if (storeError(connection.name, error) instanceof StoreError) return []
    throw error
  })
  // Somebody sits where we were sent: the sequencer is behind, or a reader filled our place meanwhile.
  if (occupied.length > 0)
    await sequencer.raise(new Map(occupied.map(({ partition, position }) => [partition, position])))
  return results
}

/** Puts commits at their own places; gives the first whose place or keys another one has. */
export const restore = async (
  connection: Connection,
  sequencer: Sequencer,
  commits: readonly Commit[],
): Promise<Commit | undefined> => {
  const landings = await insertEach(connection, commits)
  for (const landing of landings) if (landing.tag === 'failed') throw landing.error
  const refused = commits.filter((_, i) => landings[i]?.tag !== 'landed')
  for (const commit of refused) {
    const there = await connection.events.findOne({ _id: commit._id, partition: commit.partition })
    if (there?.hash !== commit.hash) return commit
  }
  const ends = new Map<number, number>()
  for (const { partition, position } of commits)
    ends.set(partition, Math.max(ends.get(partition) ?? 0, position))
  if (ends.size > 0) await sequencer.raise(ends)
  return undefined
}

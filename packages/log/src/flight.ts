import { isCommand, noted, type Rejection, rejection } from '@crawl-ledger/domain'
import { CommitUnreadable, type Found, isUnreadable } from './commit-unreadable.js'
import { emptyHistory, extend, type History } from './history.js'
import { idsOf } from './message-id.js'
import type { Append } from './observed-append.js'
import { draftOf, type Incoming, needsProof, type Plan, plan } from './plan.js'
import type { Landing, Log } from './ports.js'
import type { Receipt } from './receipt.js'

/** The waiting messages of one workflow that a flight takes. */
export interface Batch {
  readonly partition: number
  readonly stream: string
  readonly incoming: readonly Incoming[]
  /** What is known of the stream; undefined when it must be loaded. */
  readonly history: History | undefined
  /** Another writer was there: `history` holds, but more may have come since. */
  readonly stale: boolean
  /** Its last commit was refused: a unique key was taken. */
  readonly refused: boolean
}

/** What became of a batch. */
export interface Outcome {
  readonly history: History
  /** In the order of the messages. Where there is none, the message flies again. */
  readonly receipts: readonly (Receipt | undefined)[]
  /** Fly again with fewer messages at a time: together they are too much for one commit. */
  readonly split: boolean
  /** Another writer was first: there is more to load. */
  readonly stale: boolean
  /** A unique key was taken: the stream's version, or the id of one of the messages. */
  readonly refused: boolean
  /** Commits of another writer were read since this one knew the stream. */
  readonly othersWrote: boolean
  /** The stream cannot be read, so nothing can be decided on it; or the store could not write its commit. */
  readonly trouble?: Error
}

interface Leg {
  readonly batch: Batch
  readonly history: History
  readonly plan: Plan
}

const rejected = (reason: Rejection): Receipt => ({ outcome: 'rejected', rejection: reason })

/** What is odd about a message: also that it comes from the future, by the store's time. */
const withNotes = (
  notes: readonly string[],
  message: Incoming | undefined,
  at: string,
): { readonly notes?: readonly string[] } => {
  const body = message?.envelope.body
  const all = body === undefined || isCommand(body) || at === '' ? notes : [...notes, ...noted(body, at)]
  return all.length === 0 ? {} : { notes: all }
}

/** The receipts of a plan once its commit (if it has one) is in the log at `position`. */
const settled = ({ plan, batch }: Leg, position: number, at: string): readonly Receipt[] => {
  const receipts: Receipt[] = []
  for (const [index, verdict] of plan.verdicts.entries()) {
    switch (verdict.tag) {
      case 'new':
        receipts.push({
          outcome: 'recorded',
          position,
          ...withNotes(verdict.notes, batch.incoming[index], at),
        })
        break
      case 'duplicate':
        receipts.push({ outcome: 'duplicate', position: verdict.position })
        break
      case 'unchanged':
        receipts.push({ outcome: 'unchanged', ...withNotes(verdict.notes, batch.incoming[index], at) })
        break
      case 'rejected':
        receipts.push(rejected(verdict.rejection))
        break
      case 'repeats': {
        const first = receipts[verdict.index] ?? { outcome: 'unchanged' }
        receipts.push(first.outcome === 'recorded' ? { ...first, outcome: 'duplicate' } : first)
      }
    }
  }
  return receipts
}

const outcome = (leg: Leg, rest: Partial<Outcome>): Outcome => ({
  history: leg.history,
  receipts: leg.batch.incoming.map(() => undefined),
  split: false,
  stale: false,
  refused: false,
  othersWrote: leg.batch.history !== undefined && leg.history.version > leg.batch.history.version,
  ...rest,
})

/** The history with a commit on top, or why that cannot be read. */
const readOn = (history: History, found: Found): History | CommitUnreadable => {
  if (isUnreadable(found)) return found
  try {
    return extend(history, found)
  } catch (error) {
    if (error instanceof CommitUnreadable) return error
    throw error
  }
}

/** Brings the histories of these batches up to the end of their streams, in one reading. */
const upToDate = async (
  log: Log,
  batches: readonly Batch[],
): Promise<ReadonlyMap<string, History | CommitUnreadable>> => {
  const histories = new Map<string, History | CommitUnreadable>(
    batches.map(batch => [batch.stream, batch.history ?? emptyHistory()]),
  )
  if (batches.length === 0) return histories
  const ends = batches.map(({ partition, stream, history }) => ({
    partition,
    stream,
    version: history?.version ?? 0,
  }))
  for (const found of await log.readStreams(ends)) {
    const { stream = '' } = found
    const history = histories.get(stream)
    if (history !== undefined && !(history instanceof Error)) histories.set(stream, readOn(history, found))
  }
  return histories
}

/**
 * Learns which messages of these refused batches are in the log already. Asked only where a commit was refused and its version
 * was free: a history need not hold the ids of the whole stream. What is found is noted there.
 */
const findOwnMessages = (
  log: Log,
  batches: readonly Batch[],
  histories: ReadonlyMap<string, History | CommitUnreadable>,
): Promise<unknown> =>
  Promise.all(
    batches.map(async ({ partition, stream, incoming, history: before }) => {
      const history = histories.get(stream)
      if (history === undefined || history instanceof Error) return
      if (before !== undefined && history.version > before.version) return
      const ids = incoming.flatMap(({ envelope }) => idsOf(envelope))
      const known = await log.findMessages(partition, stream, ids)
      for (const { id, digest, position } of known) history.messages.set(id, { position, digest })
    }),
  )

/** The commit cannot be stored as it is: alone it is rejected, in company it is tried alone. */
const refused = (leg: Leg, reason: Rejection): Outcome => {
  if (leg.plan.messages.length > 1) return outcome(leg, { split: true })
  const receipts = leg.plan.verdicts.map(verdict => (verdict.tag === 'new' ? rejected(reason) : undefined))
  return outcome(leg, { receipts })
}

const landed = (leg: Leg, landing: Landing): Outcome => {
  switch (landing.tag) {
    case 'landed':
      return outcome(leg, {
        history: extend(leg.history, landing.commit, leg.plan.state),
        receipts: settled(leg, landing.commit.position, landing.commit.at),
      })
    case 'taken':
      return outcome(leg, { stale: true, refused: true })
    case 'too-large': {
      const text = `The message makes a document of ${landing.bytes} bytes; the store takes ${landing.limit}.`
      return refused(leg, rejection('too-large', text))
    }
    case 'unstorable':
      return refused(leg, rejection('unstorable', `The store cannot encode the message: ${landing.reason}.`))
    case 'failed':
      return outcome(leg, { trouble: landing.error })
  }
}

/** Legs that write nothing: where that rests on remembered state, the log is asked first. */
const unwritten = async (log: Log, legs: readonly Leg[]): Promise<readonly Outcome[]> => {
  const doubtful = legs.filter(
    leg => leg.batch.history !== undefined && !leg.batch.stale && needsProof(leg.plan),
  )
  const now = await upToDate(
    log,
    doubtful.map(({ batch, history }) => ({ ...batch, history })),
  )
  return legs.map(leg => {
    const history = now.get(leg.batch.stream)
    if (history instanceof Error) return outcome(leg, { trouble: history })
    if (history === undefined || history.version === leg.history.version)
      return outcome(leg, { receipts: settled(leg, 0, leg.history.at) })
    return outcome(leg, { history, stale: true })
  })
}

/**
 * Decides and appends the waiting messages of many workflows, at most one commit each.
 * The answers are in the order of the batches. Rejects only when the store fails; then nothing is known
 * of any message, and because of the message ids all of them may fly again.
 */
export const fly = async (
  log: Log,
  { append, server }: { readonly append: Append; readonly server: string },
  batches: readonly Batch[],
): Promise<readonly Outcome[]> => {
  const loaded = await upToDate(
    log,
    batches.filter(batch => batch.history === undefined || batch.stale),
  )
  const refusedBatches = batches.filter(batch => batch.refused)
  if (refusedBatches.length > 0) await findOwnMessages(log, refusedBatches, loaded)
  const legs: Leg[] = []
  const outcomes = new Map<Batch, Outcome>()
  for (const batch of batches) {
    const known = loaded.get(batch.stream) ?? batch.history ?? emptyHistory()
    const history = known instanceof Error ? emptyHistory() : known
    const leg = { batch, history, plan: plan(history, batch.incoming) }
    if (known instanceof Error) outcomes.set(batch, outcome(leg, { trouble: known }))
    else legs.push(leg)
  }
  const writing = legs.flatMap(leg => {
    const draft = draftOf(leg.plan, leg.history, leg.batch, server)
    return draft === undefined ? [] : [{ leg, draft }]
  })
  const silent = legs.filter(leg => leg.plan.events.length === 0)
  const [landings, quiet] = await Promise.all([
    append(writing.map(({ draft }) => draft)),
    silent.length === 0 ? [] : unwritten(log, silent),
  ])
  writing.forEach(({ leg }, i) => {
    outcomes.set(leg.batch, landed(leg, landings[i] as Landing))
  })
  silent.forEach((leg, i) => {
    outcomes.set(leg.batch, quiet[i] as Outcome)
  })
  return batches.map(batch => outcomes.get(batch) as Outcome)
}

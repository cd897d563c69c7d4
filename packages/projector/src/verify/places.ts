import { type Commit, commitId, type Log, StoreError } from '@crawl-ledger/log'

/** A place of a partition, and what stands there: a commit, or why it cannot be read. */
export interface Place {
  readonly position: number
  readonly found: Commit | Error
}

const readAtOnce = 1000
/** Where nothing is found, a log is asked again from here on: every store looks at least so far ahead. */
const lookedAhead = 16
/** Over a wide hole the range that is asked for grows to this. */
const widest = 50_000

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** A batch, or what keeps it from being read: a commit that is no JSON any more takes its whole batch with it. */
const read = async (
  log: Log,
  partition: number,
  after: number,
  limit: number,
): Promise<readonly Commit[] | Error> => {
  try {
    return await log.read(new Map([[partition, after]]), limit)
  } catch (error) {
    if (error instanceof StoreError) throw error
    return asError(error)
  }
}

/** The position that a commit's key names; undefined if it names none in this partition. */
const claimOf = ({ _id }: Commit, partition: number): number | undefined => {
  const position = Number(String(_id).slice(5))
  return Number.isSafeInteger(position) && _id === commitId(partition, position) ? position : undefined
}

const isAscending = (numbers: readonly (number | undefined)[]): boolean =>
  numbers.every((n, i) => i === 0 || (n ?? Number.NaN) > (numbers[i - 1] ?? Number.NaN))

/**
 * A store that reads by key sorts by the field `position`, which may have been changed: then the keys tell the order.
 * If the field tells the same disorder as the keys, the store has an order of its own, and that one counts.
 */
const inOrder = (batch: readonly Commit[], partition: number): readonly Commit[] => {
  const claims = batch.map(commit => claimOf(commit, partition))
  if (isAscending(claims) || claims.includes(undefined) || !isAscending(batch.map(c => c.position)))
    return batch
  return [...batch].sort((a, b) => (claimOf(a, partition) ?? 0) - (claimOf(b, partition) ?? 0))
}

/** Whether a commit really is where its key says, and not moved there from somewhere else. */
const standsAt = async (log: Log, partition: number, position: number, commit: Commit): Promise<boolean> => {
  const found = await read(log, partition, position - 1, 1)
  return (
    !(found instanceof Error) && found.some(({ _id, hash }) => _id === commit._id && hash === commit.hash)
  )
}

/**
 * What stands at the places of a partition after a position, up to another, in order and in batches. Nothing that a
 * commit says of itself is believed before it was looked up: it may have been changed.
 */
export async function* places(
  log: Log,
  partition: number,
  start: number,
  end: number,
): AsyncGenerator<readonly Place[]> {
  let after = start
  let limit = readAtOnce
  while (after < end) {
    // A store may answer at once: what else waits in this process, such as a signal, comes in between.
    await new Promise(resolve => setImmediate(resolve))
    const batch = await read(log, partition, after, limit)
    if (batch instanceof Error) {
      // Half as many, until it is the one.
      if (limit > 1) limit = Math.max(1, limit >> 1)
      else {
        after += 1
        limit = readAtOnce
        yield [{ position: after, found: batch }]
      }
      continue
    }
    const ordered = inOrder(batch, partition)
    const [first] = ordered
    const claim = first === undefined ? undefined : claimOf(first, partition)
    if (first === undefined) after += lookedAhead
    else if (claim !== undefined && claim > after + limit) {
      // A wide hole: a store may have looked at some places behind it only.
      after += limit
      limit = Math.min(widest, limit * 2)
    } else {
      const found: Place[] = []
      for (const [i, commit] of ordered.entries()) {
        const position = await placeOf(log, partition, after + 1, commit, ordered[i + 1])
        after = position
        if (position > end) break
        found.push({ position, found: commit })
      }
      limit = readAtOnce
      yield found
    }
  }
}

/** Where a commit stands that was read where `next` was expected. */
const placeOf = async (
  log: Log,
  partition: number,
  next: number,
  commit: Commit,
  behind: Commit | undefined,
): Promise<number> => {
  const claim = claimOf(commit, partition)
  if (claim === undefined || claim <= next || behind?._id === commit._id) return next
  return (await standsAt(log, partition, claim, commit)) ? claim : next
}

import { type Commit, isReadable, type Store, sealer } from '@crawl-ledger/log'
import { OtherLog } from './format.js'
import { type CheckedArchive, commitsIn } from './read-archive.js'
import { Resettling } from './resettle.js'

export interface Imported {
  /** Commits of the archive. */
  readonly commits: number
  /** Those that were not there yet. */
  readonly added: number
  /** The ledger has another number of partitions: commits have new places and hashes. */
  readonly resettled: boolean
}

const restoredAtOnce = 500

/** The commits of a run that the log does not hold yet. What is there and is another one is refused when it is restored. */
const missing = async ({ log }: Store, run: readonly Commit[], tail: number): Promise<readonly Commit[]> => {
  const [first] = run
  if (first === undefined || first.position > tail) return run
  const { partition } = first
  const last = run.at(-1)?.position ?? 0
  const hashes = new Map<number, string>()
  // A log may give fewer at once than it is asked for.
  for (let after = first.position - 1; after < last; ) {
    const found = await log.read(new Map([[partition, after]]), run.length)
    if (found.length === 0) break
    for (const { position, hash } of found.filter(isReadable)) hashes.set(position, hash)
    after = found.at(-1)?.position ?? last
  }
  return run.filter(({ position, hash }) => hashes.get(position) !== hash)
}

/** The log must hold nothing behind what the archive gives it: that would be another log. */
const checkTails = (tails: ReadonlyMap<number, number>, counts: ReadonlyMap<number, number>): void => {
  for (const [partition, tail] of tails) {
    const archived = counts.get(partition) ?? 0
    if (tail > archived) throw new OtherLog(partition, tail, archived)
  }
}

/**
 * Puts the commits of a checked archive into a log. Killed at any point, it goes on when it is run again.
 *
 * @param read gives the archive's bytes, from the start each time
 * @throws OtherLog or PlaceTaken when the log holds something else, and a `StoreError`
 */
export const importLog = async (
  store: Store,
  archive: CheckedArchive,
  read: () => AsyncIterable<Buffer>,
  options: { readonly auditKey?: string; readonly onProgress?: (done: number) => void } = {},
): Promise<Imported> => {
  const { partitions } = store.log
  const resettled = partitions !== archive.partitions
  const resettling = (): Resettling => new Resettling(partitions, sealer(options.auditKey))
  const tails = await store.log.tails()
  let { counts } = archive
  if (resettled) {
    const rehearsal = resettling()
    for await (const commit of commitsIn(read())) rehearsal.take(commit)
    counts = rehearsal.counts
  }
  checkTails(tails, counts)
  const places = resettled ? resettling() : undefined
  const runs = new Map<number, Commit[]>()
  let done = 0
  let added = 0
  const restore = async (partition: number, run: readonly Commit[]): Promise<void> => {
    const absent = await missing(store, run, tails.get(partition) ?? 0)
    if (absent.length > 0) await store.log.restore(absent)
    added += absent.length
    options.onProgress?.(done)
  }
  for await (const commit of commitsIn(read())) {
    done += 1
    const settled = places === undefined ? commit : places.take(commit)
    if (settled === undefined) continue
    const run = runs.get(settled.partition) ?? []
    run.push(settled)
    runs.set(settled.partition, run)
    if (run.length < restoredAtOnce) continue
    runs.delete(settled.partition)
    await restore(settled.partition, run)
  }
  for (const [partition, run] of runs) await restore(partition, run)
  return { commits: archive.commits, added, resettled }
}

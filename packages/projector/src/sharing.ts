/** Who holds what: only leases that have not run out. */
export interface Holding {
  readonly owners: ReadonlyMap<number, string>
  readonly workers: readonly string[]
}

/** How many partitions a worker should hold: all shares differ by one at most, and the first ones are the larger. */
export const fairShare = (worker: string, workers: readonly string[], partitions: number): number => {
  const all = [...new Set([...workers, worker])].sort()
  const rest = partitions % all.length
  return Math.floor(partitions / all.length) + (all.indexOf(worker) < rest ? 1 : 0)
}

/**
 * What a worker takes and gives back to come to its share. It takes only what nobody holds: what another has too much
 * of, that one gives back itself. What is its own without its knowing, since an answer was lost, it takes first.
 */
export const share = (
  worker: string,
  mine: readonly number[],
  partitions: number,
  { owners, workers }: Holding,
): { readonly take: readonly number[]; readonly release: readonly number[] } => {
  const due = fairShare(worker, workers, partitions)
  const strays = [...owners.keys()].filter(p => owners.get(p) === worker && !mine.includes(p))
  if (mine.length >= due) return { take: [], release: [...mine.slice(due), ...strays] }
  const missing = due - mine.length
  const free = Array.from({ length: partitions }, (_, partition) => partition).filter(
    partition => !owners.has(partition),
  )
  // Workers that start together begin at different places, so that they do not fight for the same ones.
  const offset =
    free.length === 0 ? 0 : Math.floor((free.length * rank(worker, workers)) / (workers.length || 1))
  const turned = [...free.slice(offset), ...free.slice(0, offset)]
  return { take: [...strays, ...turned].slice(0, missing), release: strays.slice(missing) }
}

const rank = (worker: string, workers: readonly string[]): number =>
  Math.max(0, [...new Set([...workers, worker])].sort().indexOf(worker))

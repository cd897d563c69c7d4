/** How long something took, in seconds. */
export const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2
}

/** Does `work` for every value with so many at once, starting in order. Resolves when all are done. */
export const inFlight = async <A>(
  values: Iterable<A>,
  most: number,
  work: (value: A) => Promise<unknown>,
): Promise<void> => {
  const source = values[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: most }, lane))
}

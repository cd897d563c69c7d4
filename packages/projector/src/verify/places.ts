import type { Found, Log } from '@crawl-ledger/log'

const readAtOnce = 1000
/** Where nothing is found, a log is asked again from here on: every store looks at least so far ahead. */
const lookedAhead = 16
/** Over a wide hole the range that is asked for grows to this. */
const widest = 50_000

/**
 * What stands at the places of a partition after a position, up to another, in order and in batches. A hole is passed
 * over.
 */
export async function* places(
  log: Log,
  partition: number,
  start: number,
  end: number,
): AsyncGenerator<readonly Found[]> {
  let after = start
  let limit = readAtOnce
  while (after < end) {
    // A store may answer at once: what else waits in this process, such as a signal, comes in between.
    await new Promise(resolve => setImmediate(resolve))
    const batch = await log.read(new Map([[partition, after]]), limit)
    const [first] = batch
    if (first === undefined) after += lookedAhead
    else if (first.position > after + limit) {
      // A wide hole: a store may have looked at some places behind it only.
      after += limit
      limit = Math.min(widest, limit * 2)
    } else {
      after = batch.at(-1)?.position ?? after
      limit = readAtOnce
      yield batch.filter(({ position }) => position <= end)
    }
  }
}

import { crawl } from '@crawl-ledger/domain'
import type { Positions, Store } from '@crawl-ledger/log'
import { type Projector, readCheckpoints } from '@crawl-ledger/projector'
import { NotCaughtUp } from './errors.js'
import type { Lag, Ledger } from './ledger.js'

/** How many commits lie between the checkpoints and these ends. */
const behind = async (store: Store, ends: Positions): Promise<number> => {
  const checkpoints = await readCheckpoints(store.views, crawl, store.log.partitions)
  let commits = 0
  for (const [partition, end] of ends)
    commits += Math.max(0, end - (checkpoints.get(partition)?.position ?? 0))
  return commits
}

export const makeLag =
  (store: Store): (() => Promise<Lag>) =>
  async () => ({ commits: await behind(store, await store.log.tails()) })

const longestPauseMs = 25

/**
 * What had a receipt before the call is at or below the log's ends now, whichever process wrote it:
 * so it waits until the checkpoints are there.
 */
export const makeCaughtUp =
  (store: Store, projector: Projector | undefined): Ledger['caughtUp'] =>
  async ({ timeoutMs = 30_000 } = {}) => {
    const deadline = performance.now() + timeoutMs
    const ends = await store.log.tails()
    for (let pause = 1; ; pause = Math.min(longestPauseMs, pause * 2)) {
      const status = projector?.now
      if (status?.state === 'failed') throw status.error
      const commits = await behind(store, ends)
      if (commits === 0) return
      if (performance.now() >= deadline) throw new NotCaughtUp(commits, timeoutMs)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }

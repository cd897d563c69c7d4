import { crawl } from '@crawl-ledger/domain'
import type { Positions, Store } from '@crawl-ledger/log'
import { type Projector, readBuild, readCheckpoints } from '@crawl-ledger/projector'
import { NotCaughtUp, PartitionStopped } from './errors.js'
import type { Lag, Ledger } from './ledger.js'

/** How many commits lie between the checkpoints and these ends. */
const behind = async (
  store: Store,
  ends: Positions,
): Promise<{ readonly commits: number; readonly stopped: PartitionStopped | undefined }> => {
  const build = await readBuild(store, crawl)
  const checkpoints = await readCheckpoints(store.views, build, store.log.partitions)
  let commits = 0
  let stopped: PartitionStopped | undefined
  for (const [partition, end] of ends) {
    const checkpoint = checkpoints.get(partition)
    const missing = Math.max(0, end - (checkpoint?.position ?? 0))
    commits += missing
    if (missing > 0 && checkpoint?.stopped !== undefined)
      stopped ??= new PartitionStopped(partition, checkpoint.stopped)
  }
  return { commits, stopped }
}

export const makeLag =
  (store: Store): (() => Promise<Lag>) =>
  async () => {
    const { commits } = await behind(store, await store.log.tails())
    return { commits }
  }

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
      const { commits, stopped } = await behind(store, ends)
      if (commits === 0) return
      if (stopped !== undefined) throw stopped
      if (performance.now() >= deadline) throw new NotCaughtUp(commits, timeoutMs)
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }

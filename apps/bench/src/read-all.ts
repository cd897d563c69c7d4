import { type Commit, readable } from '@crawl-ledger/log'
import { openStore } from 'crawl-ledger/store'

/** Every commit of a ledger. */
export const readAll = async (url: string): Promise<Commit[]> => {
  const { store } = await openStore({ store: url })
  const commits: Commit[] = []
  const positions = new Map(Array.from({ length: store.log.partitions }, (_, p) => [p, 0]))
  for (;;) {
    const next = await store.log.read(positions, 5000)
    if (next.length === 0) break
    for (const commit of next) positions.set(commit.partition, commit.position)
    commits.push(...readable(next))
  }
  await store.close()
  return commits
}

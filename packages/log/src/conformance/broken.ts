import { brokenLogs } from './broken-logs.js'
import { builds, type Cheat, leases, views } from './cheat.js'

/** One store for each way to be wrong. */
export const cheats: readonly Cheat[] = [
  ...brokenLogs,
  views('knows no odd keys', ['documents'], honest => ({
    load: async (view, ids) =>
      (await honest.load(view, ids)).map(document =>
        JSON.parse(JSON.stringify(document).replaceAll('"$', '"')),
      ),
  })),
  views('lets the last one win', ['compare-and-set'], honest => ({
    save: async fold => {
      if (await honest.save(fold)) return true
      for (const write of fold.writes) {
        const [expected] = await honest.load(write.view, [write.document._id])
        await honest.save({ ...fold, writes: [{ ...write, expected }], moves: [] })
      }
      return true
    },
  })),
  views('moves the checkpoint whatever happens', ['compare-and-set'], honest => ({
    save: async fold => {
      const saved = await honest.save(fold)
      if (!saved) await honest.save({ ...fold, writes: [] })
      return saved
    },
  })),
  views('writes a checkpoint over a newer one', ['compare-and-set'], honest => ({
    save: async fold => {
      const kept = new Map((await honest.checkpoints(fold.projection)).map(c => [c.partition, c.revision]))
      const moves = fold.moves.map(to => ({ ...to, revision: (kept.get(to.partition) ?? 0) + 1 }))
      return honest.save({ ...fold, moves })
    },
  })),
  builds('shows nothing of a swap', () => ({ swap: async () => {} })),
  builds('swaps what is not sealed', honest => ({
    swap: async build => {
      await honest.seal(build)
      await honest.swap(build)
    },
  })),
  builds('puts any record', honest => ({
    put: async record => {
      const kept = await honest.record(record.projection)
      return honest.put({ ...record, revision: (kept?.revision ?? 0) + 1 })
    },
  })),
  leases('gives a lease to two', honest => ({
    take: async (owner, names, forMs) => {
      await honest.take(owner, names, forMs)
      return names
    },
  })),
  leases('lets go of what is another’s', honest => ({
    release: async (_owner, names) => {
      for (const { name, owner } of await honest.list(''))
        if (names.includes(name)) await honest.release(owner, [name])
    },
  })),
  leases('never lets a lease expire', honest => ({
    take: (owner, names) => honest.take(owner, names, 60_000),
  })),
  views('looks for nothing', ['lists'], honest => ({
    list: (view, { where: _where, ...page }) => honest.list(view, page),
  })),
  views('lists backwards', ['lists'], honest => ({
    list: async (view, page) => (await honest.list(view, page)).toReversed(),
  })),
  { name: 'opens any ledger', breaks: ['ledger'], wrap: store => store, opensAnything: true },
]

import type { Json } from '@crawl-ledger/domain'
import type { Builds } from '../build-port.js'
import { type Draft, sealer, voidCommit } from '../commit.js'
import { PlaceTaken } from '../errors.js'
import type { Leases } from '../lease-port.js'
import type { Landing, Log, Store } from '../ports.js'
import type { ViewStore } from '../view-port.js'
import type { Rule } from './suite.js'

const noViews: ViewStore = {
  isAtomic: false,
  checkpoints: async () => [],
  load: async () => [],
  save: async () => false,
  list: async () => [],
}

/** A store that does nothing and never complains. Every test must fail on it. */
export const nothingStore = (partitions: number): Store => ({
  log: {
    partitions,
    flights: 1,
    append: async () => [],
    fill: async () => {},
    restore: async () => {},
    read: async () => [],
    readStreams: async () => [],
    findMessages: async () => [],
    now: async () => '',
    tails: async () => new Map(),
  },
  views: noViews,
  builds: {
    record: async () => undefined,
    put: async () => false,
    open: async () => noViews,
    seal: async () => {},
    swap: async () => {},
    drop: async () => {},
    forget: async () => {},
  },
  leases: {
    list: async () => [],
    take: async () => [],
    release: async () => {},
  },
  ping: async () => {},
  close: async () => {},
})

/** A store that breaks one rule on purpose. The tests of that rule must fail on it. */
export interface Cheat {
  readonly name: string
  readonly breaks: readonly Rule[]
  /** What it makes of an honest store. */
  wrap(store: Store): Store
  /** Opens a ledger also where it does not go with what was asked for. */
  readonly opensAnything?: true
}

const log = (name: string, breaks: readonly Rule[], change: (honest: Log) => Partial<Log>): Cheat => ({
  name,
  breaks,
  wrap: store => ({ ...store, log: { ...store.log, ...change(store.log) } }),
})

const views = (
  name: string,
  breaks: readonly Rule[],
  change: (honest: ViewStore) => Partial<ViewStore>,
): Cheat => ({
  name,
  breaks,
  wrap: store => ({ ...store, views: { ...store.views, ...change(store.views) } }),
})

const builds = (name: string, change: (honest: Builds) => Partial<Builds>): Cheat => ({
  name,
  breaks: ['builds'],
  wrap: store => ({ ...store, builds: { ...store.builds, ...change(store.builds) } }),
})

const leases = (name: string, change: (honest: Leases) => Partial<Leases>): Cheat => ({
  name,
  breaks: ['leases'],
  wrap: store => ({ ...store, leases: { ...store.leases, ...change(store.leases) } }),
})

/** Writes other drafts than it was given. */
const drafts = (name: string, breaks: readonly Rule[], change: (draft: Draft) => Draft): Cheat =>
  log(name, breaks, honest => ({ append: given => honest.append(given.map(change)) }))

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

const large = (draft: Draft): boolean => JSON.stringify(draft).length > 1024 * 1024

let counter = 0

/** One store for each way to be wrong. */
export const cheats: readonly Cheat[] = [
  log('gives a position twice', ['positions'], honest => ({
    append: async given =>
      (await honest.append(given)).map(landing =>
        landing.tag === 'landed' && landing.commit.position > 1
          ? { tag: 'landed', commit: { ...landing.commit, position: landing.commit.position - 1 } }
          : landing,
      ),
  })),
  log('loses a commit that it said it has', ['positions', 'each-alone'], honest => ({
    append: async given => {
      const landings = await honest.append(given.slice(0, 1))
      const [landing] = landings
      return landing === undefined ? [] : given.map(() => landing)
    },
  })),
  log('shows a commit behind a hole', ['holes'], honest => ({
    read: async (after, limit) => {
      const ends = new Map(after)
      return (await honest.read(after, limit)).flatMap(commit => {
        const { partition, position } = commit
        const end = ends.get(partition) ?? 0
        ends.set(partition, position)
        const missing = Array.from({ length: position - end - 1 }, (_, i) => end + 1 + i)
        return [...missing.map(hole => voidCommit(sealer(), partition, hole)), commit]
      })
    },
  })),
  log('has a clock that stands still', ['clock'], () => ({ now: async () => '2100-01-01T00:00:00.000Z' })),
  log('does not fill holes', ['holes'], () => ({ fill: async () => {} })),
  drafts('forgets a message id', ['message-ids', 'retries'], draft => ({
    ...draft,
    messages: draft.messages.map(message => {
      counter += 1
      return { ...message, id: `${message.id}#${process.pid}-${counter}` }
    }),
  })),
  log('keeps one message of an id in a partition', ['message-ids', 'restoring'], honest => {
    const clash = async ({ partition, stream, messages }: Draft): Promise<boolean> =>
      (await honest.read(new Map([[partition, 0]]), 1_000_000)).some(
        commit =>
          commit.stream !== stream && commit.messages.some(({ id }) => messages.some(one => one.id === id)),
      )
    return {
      append: async given => {
        const landings: Landing[] = []
        for (const draft of given)
          landings.push(
            (await clash(draft)) ? { tag: 'taken' } : ((await honest.append([draft]))[0] as Landing),
          )
        return landings
      },
      restore: async commits => {
        for (const commit of commits)
          if (await clash({ ...commit, after: 0, notBefore: '' }))
            throw new PlaceTaken('It', commit.partition, commit.position)
          else await honest.restore([commit])
      },
    }
  }),
  drafts('forgets which of two messages has an id', ['message-ids'], draft => ({
    ...draft,
    messages: draft.messages.map(message => ({ ...message, id: message.id.replace(/#[0-9a-f]{16}$/, '#') })),
  })),
  log('takes a stale version', ['versions'], honest => ({
    append: async given => {
      const landings = await honest.append(given)
      const again = async (draft: Draft): Promise<Landing> => {
        const commits = await honest.readStreams([{ ...draft, version: 0 }])
        const last = commits.at(-1)
        const version = (last?.version ?? 0) + 1
        const [landing] = await honest.append([{ ...draft, version, prev: last?.hash ?? '' }])
        return landing ?? { tag: 'taken' }
      }
      return Promise.all(
        landings.map((landing, i) => {
          const draft = given[i]
          return landing.tag === 'taken' && draft !== undefined ? again(draft) : landing
        }),
      )
    },
  })),
  drafts('writes half of a commit', ['atomic'], draft => ({
    ...draft,
    events: draft.messages.length > 1 ? draft.events.slice(0, -1) : draft.events,
  })),
  log('lets all fall with one', ['each-alone'], honest => ({
    append: async given =>
      given.some(large)
        ? given.map(() => ({ tag: 'unstorable', reason: 'one of them' }))
        : honest.append(given),
  })),
  drafts('cuts off what is too large', ['limits'], draft =>
    large(draft) ? { ...draft, events: [] } : draft,
  ),
  log('answers from memory', ['proof'], honest => {
    let refused = false
    return {
      append: async given => {
        const landings = await honest.append(given)
        refused = landings.some(({ tag }) => tag === 'taken')
        return landings
      },
      readStreams: ends => honest.readStreams(refused ? ends : ends.filter(({ version }) => version === 0)),
    }
  }),
  drafts('turns the order of events round', ['order'], draft => ({
    ...draft,
    events: draft.events.toReversed(),
  })),
  drafts('forgets the hash before', ['chain'], draft => ({ ...draft, prev: '' })),
  log('reads what was read before', ['reading'], honest => ({
    read: (after, limit) =>
      honest.read(new Map([...after].map(([partition, end]) => [partition, Math.max(0, end - 1)])), limit),
  })),
  log('counts commits for positions', ['tails'], honest => ({
    tails: async () => {
      const counts = new Map<number, number>()
      for (const partition of (await honest.tails()).keys())
        counts.set(partition, (await honest.read(new Map([[partition, 0]]), 1_000_000)).length)
      return counts
    },
  })),
  drafts('knows only ASCII', ['contents'], draft => ({
    ...draft,
    events: JSON.parse(
      JSON.stringify(json(draft.events)).replace(/[^\u0020-\u007e]/g, '?'),
    ) as Draft['events'],
  })),
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
  log('restores nothing and says so to nobody', ['restoring'], () => ({ restore: async () => {} })),
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

import type { Json } from '@crawl-ledger/domain'
import { type Draft, sealer, voidCommit } from '../commit.js'
import { readable } from '../commit-unreadable.js'
import { PlaceTaken } from '../errors.js'
import type { Landing } from '../ports.js'
import { type Cheat, drafts, log } from './cheat.js'

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

const large = (draft: Draft): boolean => JSON.stringify(draft).length > 1024 * 1024

let counter = 0

/** Logs, one for each way to be wrong. */
export const brokenLogs: readonly Cheat[] = [
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
      readable(await honest.read(new Map([[partition, 0]]), 1_000_000)).some(
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
        const commits = readable(await honest.readStreams([{ ...draft, version: 0 }]))
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
  log('restores nothing and says so to nobody', ['restoring'], () => ({ restore: async () => {} })),
]

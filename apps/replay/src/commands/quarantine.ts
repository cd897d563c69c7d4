import { crawl } from '@crawl-ledger/domain'
import { type HeldDocument, isUnreadable } from '@crawl-ledger/log'
import { discardHeld, type HeldCommit, heldCommits, NotHeld, retryHeld } from '@crawl-ledger/projector'
import { clean, outputOf, short } from '../output.js'
import { type Common, withStore, withStoreToWrite } from '../store.js'
import { table } from '../table.js'
import { placeOf, UsageError } from '../usage.js'

const head = ['place', 'waits', 'document', 'tried', 'since', 'error']

const rowOf = ({ partition, position, holds, view, id, attempts, since, error }: HeldCommit) => [
  `${partition}:${position}`,
  holds,
  `${view} ${id}`,
  attempts,
  since,
  short(error, 60),
]

export const list = async (common: Common): Promise<number> => {
  const output = outputOf(common.json === true)
  const held = await withStore(common, ({ store }) => heldCommits(store, crawl))
  output.object({ held })
  output.say(held.length === 0 ? 'Nothing is held back.' : table(head, held.map(rowOf)))
  return held.length === 0 ? 0 : 1
}

export const show = (place: string, common: Common): Promise<number> => {
  const { partition, position } = placeOf(place)
  const output = outputOf(common.json === true)
  return withStore(common, async ({ store }) => {
    const held = (await heldCommits(store, crawl)).filter(
      one => one.partition === partition && one.position === position,
    )
    if (held.length === 0) throw new NotHeld(place)
    const [commit] = await store.log.read(new Map([[partition, position - 1]]), 1)
    output.object({ held, commit })
    output.say(table(head, held.map(rowOf)))
    for (const { view, id, error } of held) output.say(clean(`${view} ${id}: ${error}`))
    output.say(
      commit !== undefined && isUnreadable(commit) ? commit.message : JSON.stringify(commit, undefined, 2),
    )
    output.say(`Try it again: crawl-replay quarantine retry ${place}`)
    output.say(`Leave it out of these documents: crawl-replay quarantine discard ${place} --yes`)
    return 0
  })
}

const told = (common: Common, place: string, failed: HeldDocument | undefined, done: string): number => {
  const output = outputOf(common.json === true)
  output.object({ place, ...(failed === undefined ? { outcome: 'done' } : { outcome: 'held', failed }) })
  output.say(
    failed === undefined
      ? done
      : `${failed.view} ${failed.id} is held back at position ${failed.position} now: ${failed.error}`,
  )
  return failed === undefined ? 0 : 1
}

export const retry = (place: string, common: Common): Promise<number> => {
  const { partition, position } = placeOf(place)
  return withStoreToWrite(common, async ({ store }) => {
    const failed = await retryHeld(store, crawl, partition, position)
    return told(common, place, failed, `${place}: what waited is folded, or is folded by the next worker.`)
  })
}

export const discard = (place: string, command: Common & { readonly yes?: boolean }): Promise<number> => {
  const { partition, position } = placeOf(place)
  if (command.yes !== true)
    throw new UsageError(
      `This leaves the commit at ${place} out of the documents that wait for it, until the next rebuild; the log keeps it. ` +
        'Say --yes if that is meant.',
    )
  return withStoreToWrite(command, async ({ store }) => {
    const failed = await discardHeld(store, crawl, partition, position)
    return told(command, place, failed, `${place} is left out, and what waited behind it is folded.`)
  })
}

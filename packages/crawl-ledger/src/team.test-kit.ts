import type { Store } from '@crawl-ledger/log'
import type { Ledger, WorkflowRef } from './index.js'
import { batchContext, itemContext, urlOf } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'
import type { WithStore } from './stores.test-kit.js'

/** Runs with services that share a store. The first one projects. */
export const withTeam = <A>(
  withStore: WithStore,
  names: readonly string[],
  use: (team: Ledger[]) => Promise<A>,
) =>
  withStore(async base => {
    const shared: Store = { ...base, close: async () => {} }
    const team = names.map((server, i) => ledgerOver(shared, 'the store', { project: i === 0, server }))
    try {
      return await use(team)
    } finally {
      for (const ledger of team) await ledger.close()
    }
  })

/** A new batch whose items have these stages. */
export const batch = (locationId: string, stages: readonly string[]) => ({
  type: 'new_batch',
  context: batchContext({ locationId, metadata: { plan: { batch: ['crawl-media'], item: stages } } }),
  payload: { locationId },
})

export const item = (locationId: string, name: string) => ({
  type: 'item_found',
  context: batchContext({ locationId }),
  payload: { itemId: name, itemUrl: urlOf(name), itemType: 'image' },
})

const contextOf = (locationId: string, itemId: string, stage: string) => ({
  ...itemContext(itemId, { locationId, stage }),
  itemId,
})

export const done = (locationId: string, itemId: string, stage: string) => ({
  type: 'stage_complete',
  context: contextOf(locationId, itemId, stage),
  payload: {},
})

export const failure = (locationId: string, itemId: string, stage: string, error = 'no answer') => ({
  type: 'error',
  context: contextOf(locationId, itemId, stage),
  payload: { error, code: 'E', url: `http://${itemId}` },
})

/** Hands messages in, one after the other, and waits until the views hold them. */
export const tell = async (
  ledger: Ledger,
  projecting: Ledger,
  messages: readonly object[],
): Promise<void> => {
  for (const message of messages) {
    const { outcome } = await ledger.handle(message)
    if (outcome !== 'recorded') throw new Error(`${outcome}: ${JSON.stringify(message)}`)
  }
  await projecting.caughtUp()
}

export const eventTypes = async (ledger: Ledger, ref: WorkflowRef): Promise<readonly string[]> => {
  const types: string[] = []
  for await (const { event } of ledger.history(ref)) types.push(event.type)
  return types
}

import type { Store } from '@crawl-ledger/log'
import type { Ledger } from './index.js'
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

export const batch = (locationId: string, stages: readonly string[], batchId = 'b') => ({
  type: 'new-batch',
  locationId,
  batchId,
  stages,
})

export const item = (locationId: string, mediaId: string, batchId = 'b') => ({
  type: 'item-found',
  locationId,
  batchId,
  item: { mediaId },
})

export const failure = (locationId: string, mediaId: string, stage: string, message = 'no answer') => ({
  type: 'error',
  locationId,
  batchId: 'b',
  stage,
  mediaId,
  error: { message, code: 'E' },
  context: { url: `http://${mediaId}` },
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

export const eventTypes = async (ledger: Ledger, stream: string): Promise<readonly string[]> => {
  const types: string[] = []
  for await (const { event } of ledger.history(stream)) types.push(event.type)
  return types
}

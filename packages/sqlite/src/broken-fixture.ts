import { LedgerMismatch, type Store } from '@crawl-ledger/log'
import { type Cheat, cheats, type Fixture, nothingStore, type Reopen } from '@crawl-ledger/log/conformance'
import { reopen as reopenHonest, sqliteFixture } from './fixture.js'

const nothing = 'does nothing'

const wrapped = (name: string, store: Store): Store => {
  const cheat = cheats.find(one => one.name === name)
  return cheat === undefined ? store : cheat.wrap(store)
}

/** Opens a ledger of a broken fixture in another process. */
export const reopen: Reopen = async (location, ledger) => {
  const { name, folder } = JSON.parse(location) as { name: string; folder: string }
  return name === nothing ? nothingStore(16) : wrapped(name, await reopenHonest(folder, ledger))
}

const elsewhere = (name: string, honest: Fixture) => async () => ({
  module: import.meta.url,
  location: JSON.stringify({ name, folder: (await honest.elsewhere()).location }),
})

/** A fixture whose stores do nothing. */
export const nothingFixture = (): Fixture => {
  const honest = sqliteFixture()
  return {
    ...honest,
    name: nothing,
    open: async (_ledger, { partitions = 16 } = {}) => nothingStore(partitions),
    elsewhere: elsewhere(nothing, honest),
    setFormat: async () => {},
    formatOf: async () => undefined,
  }
}

/** SQLite, except for one thing. */
export const cheatingFixture = (cheat: Cheat): Fixture => {
  const honest = sqliteFixture()
  return {
    ...honest,
    name: cheat.name,
    open: async (ledger, options) => {
      const opening = honest.open(ledger, options)
      if (cheat.opensAnything !== true) return cheat.wrap(await opening)
      return opening.catch((error: unknown) => {
        if (!(error instanceof LedgerMismatch)) throw error
        return honest.open(ledger)
      })
    },
    elsewhere: elsewhere(cheat.name, honest),
  }
}

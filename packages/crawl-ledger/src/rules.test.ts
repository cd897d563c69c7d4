import type { Store } from '@crawl-ledger/log'
import { apart, expected, randomWorlds, texts, viewNames, type World } from '@crawl-ledger/testing'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findings, random } from './away/away.test-kit.js'
import { ledgerOver } from './open-ledger.js'
import { storesOf } from './stores.test-kit.js'

const test = suite('rule 0: any order, the same result')

const stores = storesOf(4)
/** How many random workflows, over all stores. */
const runs = Math.ceil(Number(process.env.RULE_RUNS ?? 200) / stores.length)
const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31)
/** How many worlds are told to one store at the same time, and how many one store holds. */
const atOnce = 20
const perStore = 250

/** Tells a world to several writers, each message to one of them, all at once. */
const deliver = async (
  writers: readonly ReturnType<typeof ledgerOver>[],
  { delivered }: World,
  dice: () => number,
): Promise<void> => {
  const receipts = await Promise.all(
    delivered.map(message => writers[Math.floor(dice() * writers.length)]?.handle(message)),
  )
  for (const receipt of receipts)
    assert.ok(
      receipt !== undefined && ['recorded', 'duplicate', 'unchanged'].includes(receipt.outcome),
      JSON.stringify(receipt),
    )
}

async function* documentsOf({ views }: Store, view: (typeof viewNames)[number]) {
  for (let after: string | undefined; ; ) {
    const page = await views.list(view, { prefix: '', limit: 500, ...(after === undefined ? {} : { after }) })
    yield* page
    after = page.at(-1)?._id
    if (after === undefined) return
  }
}

/** The documents of a store, as texts by view and location. */
const found = async (store: Store): Promise<ReadonlyMap<string, readonly string[]>> => {
  const documents = new Map<string, object[]>()
  for (const view of viewNames)
    for await (const document of documentsOf(store, view)) {
      const { locationId } = document as { readonly locationId?: string }
      const key = `${view} ${locationId}`
      documents.set(key, [...(documents.get(key) ?? []), document])
    }
  return new Map([...documents].map(([key, all]) => [key, texts(all)]))
}

const locationsOf = ({ messages }: World): readonly string[] => [
  ...new Set(messages.map(({ context }) => String(context.locationId))),
]

const isAsTheRulesSay = (world: World, of: ReadonlyMap<string, readonly string[]>): void => {
  const wanted = expected(world)
  for (const view of viewNames) {
    const ours = locationsOf(world).flatMap(location => of.get(`${view} ${location}`) ?? [])
    assert.equal(
      ours.toSorted(),
      wanted.get(view),
      `FC_SEED=${seed}: ${view} of ${JSON.stringify(world.delivered)}`,
    )
  }
}

for (const [at, [name, withStore]] of stores.entries())
  test(`${name}: ${runs} random workflows, shuffled, repeated and told to two writers (FC_SEED=${seed})`, async () => {
    const dice = random(seed + at)
    // The first ones keep their odd names.
    const worlds = randomWorlds(runs, seed + at).map((world, i) =>
      apart(world, i % perStore === 0 ? '' : `~${i}`),
    )
    for (let first = 0; first < worlds.length; first += perStore)
      await withStore(async base => {
        const some = worlds.slice(first, first + perStore)
        const shared = { ...base, close: async () => {} }
        const writers = ['a', 'b'].map((server, i) =>
          ledgerOver(shared, 'the store', { project: i === 0, server }),
        )
        for (let next = 0; next < some.length; next += atOnce)
          await Promise.all(some.slice(next, next + atOnce).map(world => deliver(writers, world, dice)))
        await writers[0]?.caughtUp()
        const documents = await found(base)
        for (const world of some) isAsTheRulesSay(world, documents)
        for (const writer of writers) await writer.close()
        assert.equal(await findings(base), [])
      })
  })

test.run()

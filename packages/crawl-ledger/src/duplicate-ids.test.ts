import type { Store } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findings } from './away/away.test-kit.js'
import type { Ledger, Receipt } from './index.js'
import { batchContext, collected, urlOf } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'
import { storesOf } from './stores.test-kit.js'
import { withTeam } from './team.test-kit.js'

const test = suite('messages with the same id')
const ref = { locationId: 'osaka', batchId: 'b' }

/** An item found, as a broker delivers it: its id is beside it. */
const found = (name: string, locationId = 'osaka') => ({
  type: 'item_found',
  context: batchContext({ locationId }),
  payload: { itemUrl: urlOf(name), itemType: 'image' },
})

const outcomesOf = (receipts: readonly Receipt[]): readonly string[] =>
  receipts.map(({ outcome }) => outcome).sort()

const positionOf = (receipt: Receipt | undefined): number | undefined =>
  receipt !== undefined && 'position' in receipt ? receipt.position : undefined

/** The ids under which a workflow's messages are kept. */
const idsIn = async (ledger: Ledger, of = ref): Promise<readonly string[]> => [
  ...new Set((await collected(ledger.history(of))).map(({ messageId }) => messageId)),
]

/** A process that is started anew, and knows nothing but what the store does. */
const restarted = async <A>(base: Store, use: (ledger: Ledger) => Promise<A>): Promise<A> => {
  const ledger = ledgerOver({ ...base, close: async () => {} }, 'the store', { project: true })
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

for (const [name, withStore] of storesOf(4)) {
  test(`${name}: what a broker delivers again counts once, also after a restart and at two services`, () =>
    withStore(async base => {
      const id = 'b_item_1714564800000'
      const first = await restarted(base, ledger => ledger.handle(found('one'), { id }))
      assert.is(first.outcome, 'recorded')
      await restarted(base, async ledger => {
        const again = await ledger.handle(found('one'), { id })
        assert.equal([again.outcome, positionOf(again)], ['duplicate', positionOf(first)])
        assert.equal([again.itemId, await idsIn(ledger)], [first.itemId, [id]])
      })
      await withTeam(
        use => use(base),
        ['a', 'b'],
        async team => {
          const receipts = await Promise.all(
            team.flatMap(({ handle }) => [1, 2, 3].map(() => handle(found('two'), { id: 'x' }))),
          )
          assert.equal([...new Set(receipts.map(positionOf))].length, 1)
          assert.ok(outcomesOf(receipts).includes('recorded'))
          assert.equal(await idsIn(team[0] as Ledger), [id, 'x'])
        },
      )
      assert.equal(await findings(base), [])
    }))

  test(`${name}: another message under the same id is kept under a longer one, and each counts once`, () =>
    withTeam(withStore, ['a', 'b'], async ([a, b]) => {
      const [one, other] = [a as Ledger, b as Ledger]
      const id = 'b_item_1714564800000'
      const names = ['one', 'two', 'three']
      const receipts = await Promise.all(
        names.map((item, i) => (i % 2 === 0 ? one : other).handle(found(item), { id })),
      )
      assert.equal(outcomesOf(receipts), ['recorded', 'recorded', 'recorded'])
      const ids = await idsIn(one)
      assert.is(ids.length, 3)
      assert.is(ids.filter(kept => kept === id).length, 1)
      assert.is(ids.filter(kept => /^b_item_1714564800000#[0-9a-f]{16}$/.test(kept)).length, 2)
      for (const ledger of [one, other])
        for (const [i, item] of names.entries()) {
          const again = await ledger.handle(found(item), { id })
          assert.equal([again.outcome, positionOf(again)], ['duplicate', positionOf(receipts[i])])
        }
      await one.caughtUp()
      assert.is((await one.media.find(ref)).length, 3)
      assert.is((await one.workflows.get(ref))?.items.found, 3)
    }))

  test(`${name}: forty locations that number their messages lose nothing`, () =>
    withTeam(withStore, ['a', 'b'], async team => {
      const [one] = team as [Ledger]
      const places = Array.from({ length: 40 }, (_, i) => `place-${i}`)
      const numbers = ['1', '2', '3']
      const receipts = await Promise.all(
        numbers.flatMap((id, n) =>
          places.map((place, i) => team[(i + n) % 2]?.handle(found(`photo-${id}`, place), { id })),
        ),
      )
      assert.equal([...new Set(receipts.map(receipt => receipt?.outcome))], ['recorded'])
      await one.caughtUp()
      for (const locationId of places) {
        assert.equal([...(await idsIn(one, { ...ref, locationId }))].sort(), numbers)
        assert.is((await one.analytics(locationId))?.totalMediaItems, 3)
      }
    }))
}

test.run()

import { type Store, StoreUnavailable } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { scoped } from '@crawl-ledger/testing'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Receipt } from './index.js'
import { batchContext, countersOf, stream } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'
import { storesOf } from './stores.test-kit.js'

const test = suite('a store that fails at each call in turn')

/** How a call fails: before anything was done, after all was done, or between documents and checkpoints. */
type Fault = 'refused' | 'answer lost' | 'half done'

const calls = ['append', 'fill', 'read', 'readStreams', 'findMessages', 'tails'] as const

/** The store with one call that fails. `reached` tells whether there was such a call at all. */
const failing = (store: Store, fault: Fault, turn: number) => {
  let count = 0
  const guard = async <A>(work: () => Promise<A>, half: () => Promise<unknown> = work): Promise<A> => {
    count += 1
    if (count !== turn) return work()
    if (fault === 'answer lost') await work()
    if (fault === 'half done') await half()
    throw new StoreUnavailable('The store of the test', undefined)
  }
  const log = Object.fromEntries(
    calls.map(name => {
      const call = store.log[name] as (...args: readonly unknown[]) => Promise<unknown>
      return [name, (...args: readonly unknown[]) => guard(() => call(...args))]
    }),
  ) as unknown as Store['log']
  const { views } = store
  const wrapped: Store = {
    ...store,
    log: { ...store.log, ...log },
    views: {
      // A fault may come between the documents and the checkpoints.
      isAtomic: false,
      checkpoints: projection => guard(() => views.checkpoints(projection)),
      load: (view, ids) => guard(() => views.load(view, ids)),
      save: fold =>
        guard(
          () => views.save(fold),
          () => views.save({ ...fold, moves: [] }),
        ),
      list: (view, page) => views.list(view, page),
    },
  }
  return { store: wrapped, reached: () => count >= turn }
}

const workflows = 4
const locations = ['osaka-1', 'osaka-2']
const message = { type: 'new_batch', context: batchContext({ locationId: 'l' }), payload: {} }
const kept = new Set<Receipt['outcome']>(['recorded', 'duplicate', 'unchanged'])

/** The whole run with one fault: nothing lost, nothing counted twice. Whether the fault was reached. */
const survives = async (whole: Store, fault: Fault, turn: number): Promise<boolean> => {
  const faulty = failing(whole, fault, turn)
  const ledger = ledgerOver(faulty.store, 'memory:', { project: true })
  try {
    const receipts = await Promise.all(stream(locations, workflows).map(message => ledger.handle(message)))
    assert.ok(receipts.every(({ outcome }) => kept.has(outcome)))
    // Asked of the store below, so that the question itself does not fail.
    const direct = ledgerOver(whole, 'memory:', { project: false })
    await direct.caughtUp()
    for (const id of locations) {
      const { locationId: _, generatedAt: __, ...counters } = (await direct.analytics(id)) ?? {}
      assert.equal(counters, countersOf(workflows), `${fault} at call ${turn}`)
    }
    return faulty.reached()
  } finally {
    await ledger.close()
  }
}

for (const [name, withStore] of storesOf(2))
  for (const fault of ['refused', 'answer lost', 'half done'] as const)
    test(`${name}: ${fault}: all is there once`, async () => {
      let turn = 1
      while (await withStore(store => survives(store, fault, turn))) turn += 1
      assert.ok(turn > 5, 'the run has calls that can fail')
    })

test(
  'a store that stays away gives `unavailable`, and nothing was kept',
  scoped(async opened => {
    const whole = openSqlite(':memory:')
    const away: Store = {
      ...whole,
      log: {
        ...whole.log,
        append: () => Promise.reject(new StoreUnavailable('The store of the test', undefined)),
      },
    }
    const ledger = opened(ledgerOver(away, 'memory:', { project: false, retryForMs: 20 }))
    const receipt = await ledger.handle(message)
    assert.equal(receipt, { outcome: 'unavailable' })
    assert.equal(
      [...(await whole.log.tails()).values()].filter(position => position > 0),
      [],
    )
  }),
)

test(
  'a mistake of ours is no silent time-out',
  scoped(async opened => {
    const whole = openSqlite(':memory:')
    const broken: Store = {
      ...whole,
      log: { ...whole.log, append: () => Promise.reject(new TypeError('a mistake')) },
    }
    const ledger = opened(ledgerOver(broken, 'memory:', { project: false }))
    const error = await ledger.handle(message).then(
      () => undefined,
      (e: unknown) => e,
    )
    assert.instance(error, TypeError)
  }),
)

test.run()

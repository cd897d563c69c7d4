import assert from 'node:assert/strict'
import { ledgerFormat, StoreError } from '../errors.js'
import type { Store } from '../ports.js'
import { checkOrder, follow } from './follow.js'
import { appended, draftOf, mishap, partitions, workflowIn } from './kit.js'
import type { Bench, Sample } from './suite.js'

const mismatch = (opening: Promise<Store>, ...words: readonly string[]): Promise<void> =>
  assert.rejects(opening, (error: unknown) => {
    assert(error instanceof StoreError && error.code === 'ledger-mismatch', String(error))
    for (const word of words) assert(error.message.includes(word), `“${error.message}” says “${word}”`)
    return true
  })

/** A ledger with one commit. */
const made = async (bench: Bench) => {
  const store = await bench.open()
  return { store, commit: await appended(store.log, draftOf(workflowIn(1), ['one'])) }
}

/** What a ledger is made as, it stays. */
export const ledger: readonly Sample[] = [
  {
    rule: 'ledger',
    name: 'a ledger that is opened again holds what it held',
    run: async bench => {
      const { store, commit } = await made(bench)
      await store.ping()
      await store.close()
      const again = bench.closing(await bench.fixture.open(bench.ledger))
      assert.equal(again.log.partitions, partitions)
      assert.deepEqual(await again.log.read(new Map([[1, 0]]), 10), [commit])
    },
  },
  {
    rule: 'ledger',
    name: 'another number of partitions is refused with a sentence that names both',
    run: async bench => {
      const { store, commit } = await made(bench)
      await mismatch(
        bench.fixture.open(bench.ledger, { partitions: 7 }),
        '7',
        String(partitions),
        'PARTITIONS',
      )
      assert.deepEqual(await store.log.read(new Map([[1, 0]]), 10), [commit])
    },
  },
  {
    rule: 'ledger',
    name: 'a newer format is refused with a sentence that names both',
    run: async bench => {
      const { store } = await made(bench)
      await store.close()
      await bench.fixture.setFormat(bench.ledger, ledgerFormat + 1)
      await mismatch(bench.fixture.open(bench.ledger), String(ledgerFormat + 1), String(ledgerFormat))
      await bench.fixture.setFormat(bench.ledger, ledgerFormat)
      await bench.open()
    },
  },
  {
    rule: 'ledger',
    name: 'a ledger of an older format keeps what it holds and becomes one of ours, which older programs refuse',
    run: async bench => {
      const { store, commit } = await made(bench)
      await store.close()
      await bench.fixture.setFormat(bench.ledger, 1)
      await mismatch(bench.fixture.open(bench.ledger, { partitions: 7 }), 'PARTITIONS')
      assert.equal(await bench.fixture.formatOf(bench.ledger), 1)
      const again = await bench.open()
      assert.equal(await bench.fixture.formatOf(bench.ledger), ledgerFormat)
      assert.deepEqual(await again.log.read(new Map([[1, 0]]), 10), [commit])
      await bench.open()
      assert.equal(await bench.fixture.formatOf(bench.ledger), ledgerFormat)
    },
  },
  {
    rule: 'ledger',
    name: 'a ledger that nobody gave a number has 16 partitions',
    run: async bench => {
      const { log } = bench.closing(await bench.fixture.open(bench.ledger))
      assert.equal(log.partitions, 16)
      assert.equal((await log.tails()).size, 16)
    },
  },
  {
    rule: 'ledger',
    name: 'processes may make a ledger at the same moment',
    run: async bench => {
      // In a ledger of 16 partitions three places may share one; each is the first of its own workflow.
      const hands = await bench.crew.set([0, 1, 2].map(i => [mishap(workflowIn(i), `m${i}`)]))
      await Promise.all(hands.map(({ finished }) => finished))
      for (const { receipts } of hands) assert.equal(receipts[0]?.outcome, 'recorded')
      const { log } = bench.closing(await bench.fixture.open(bench.ledger))
      assert.equal(log.partitions, 16)
    },
  },
  {
    rule: 'ledger',
    name: 'many connections of one process may make a ledger at the same moment',
    run: async bench => {
      const stores = await Promise.all([bench.open(), bench.open(), bench.open(), bench.open()])
      for (const [i, { log }] of stores.entries()) await appended(log, draftOf(workflowIn(0, i), [`m${i}`]))
      const [{ log }] = stores
      const commits = await follow(log)
      assert.equal(commits.length, 4)
      checkOrder(commits)
    },
  },
]

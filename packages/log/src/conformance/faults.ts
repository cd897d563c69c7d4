import assert from 'node:assert/strict'
import type { Commit } from '../commit.js'
import type { Receipt } from '../receipt.js'
import { Writer } from '../writer.js'
import { type Faults, faulty } from './faulty.js'
import { checkOrder, follow, messagesIn } from './follow.js'
import { found, mishap, positionOf, type Raw, sendAll, workflowIn } from './kit.js'
import type { Bench, Sample } from './suite.js'

/** Messages that need every kind of call: known and new workflows, duplicates, and some that say nothing new. */
const raws = (): readonly Raw[] =>
  [0, 1, 2].flatMap(n => [
    mishap(workflowIn(n), `error-${n}`),
    found(workflowIn(n), 'item', `found-${n}`),
    found(workflowIn(n), 'item', `again-${n}`),
  ])

/** Writes through a log with faults. Another server was there before and wrote a part of it. */
const withFaults = async (bench: Bench, faults: Faults) => {
  const { log } = await bench.open()
  await sendAll(new Writer(log, { server: 'before' }), raws().slice(0, 3))
  const broken = faulty(log, faults)
  const writer = new Writer(broken, { server: 'broken' })
  const receipts = [...(await sendAll(writer, raws())), ...(await sendAll(writer, raws()))]
  const commits = await follow(log)
  return { receipts, commits, failed: broken.failed() }
}

const checkOnce = (receipts: readonly Receipt[], commits: readonly Commit[]): void => {
  checkOrder(commits)
  const ids = [0, 1, 2].flatMap(n => [`${n}/error-${n}`, `${n}/found-${n}`])
  assert.deepEqual([...messagesIn(commits).keys()].sort(), ids.sort())
  for (const { outcome } of receipts)
    assert(outcome === 'recorded' || outcome === 'duplicate' || outcome === 'unchanged', outcome)
}

/** A store that goes away, and comes back. */
export const faults: readonly Sample[] = [
  ...[1, 2].map(
    (times): Sample => ({
      rule: 'retries',
      name: `a store that fails ${times === 1 ? 'once' : 'twice'} at any call loses nothing and doubles nothing`,
      run: async bench => {
        for (const answerLost of [false, true])
          for (let call = 1; ; call += 1) {
            const calls = Array.from({ length: times }, (_, i) => call + i)
            const fresh = bench.beside(`${call}-${answerLost ? 'after' : 'before'}`)
            const { receipts, commits, failed } = await withFaults(fresh, { calls, answerLost })
            await fresh.close()
            checkOnce(receipts, commits)
            if (failed === 0) break
          }
      },
    }),
  ),
  {
    rule: 'retries',
    name: 'an append whose answer was lost is one commit, and its messages are duplicates of it',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(faulty(log, { calls: [1], answerLost: true, of: 'append' }), {
        server: 'one',
      })
      const raws = [0, 1].flatMap(n => [
        mishap(workflowIn(0, n), `a-${n}`),
        mishap(workflowIn(0, n), `b-${n}`),
      ])
      const receipts = await sendAll(writer, raws)
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(commits.filter(({ events }) => events.length > 0).length, 2)
      receipts.forEach((receipt, i) => {
        assert.equal(receipt.outcome, 'duplicate')
        assert.equal(messagesIn(commits).get(`0/${raws[i]?.id}`), positionOf(receipt))
      })
    },
  },
  {
    rule: 'retries',
    name: 'a store that stays away gives `unavailable` and keeps nothing; later the same messages are recorded',
    run: async bench => {
      const { log } = await bench.open()
      const calls = Array.from({ length: 10_000 }, (_, i) => i + 1)
      const broken = faulty(log, { calls, answerLost: false })
      const away = await sendAll(new Writer(broken, { server: 'one', retryForMs: 30 }), raws())
      assert.deepEqual(new Set(away.map(({ outcome }) => outcome)), new Set(['unavailable']))
      assert(broken.failed() > 1, 'it was tried again')
      assert.deepEqual(await follow(log), [])
      const receipts = await sendAll(new Writer(log, { server: 'two' }), raws())
      checkOnce(receipts, await follow(log))
    },
  },
]

import assert from 'node:assert/strict'
import type { Commit } from '../commit.js'
import { Writer } from '../writer.js'
import { beginning, checkOrder, follow, messagesIn } from './follow.js'
import { found, mishap, partitions, positionOf, progress, type Raw, sendAll, workflowIn } from './kit.js'
import type { Bench, Sample } from './suite.js'

/** A mixture of messages, some of them of the same few workflows in every list. */
const mixture = (bench: Bench, server: number, count: number): Raw[] =>
  Array.from({ length: count }, (_, i): Raw => {
    const shared = bench.random() < 0.3
    const n = Math.floor(bench.random() * 6) + (shared ? 0 : 10 * (server + 1))
    const workflow = workflowIn(Math.floor(bench.random() * partitions), n)
    const id = `${server}-${i}`
    const kind = bench.random()
    if (kind < 0.7) return mishap(workflow, id)
    return kind < 0.9
      ? found(workflow, `item-${Math.floor(bench.random() * 20)}`, id)
      : progress(workflow, Math.floor(bench.random() * 100), id)
  })

/** Every commit that a receipt tells of was seen, once, where the receipt says. */
const checkSeen = (commits: readonly Commit[], raws: readonly Raw[], receipts: readonly unknown[]): void => {
  const seen = messagesIn(commits)
  const byId = new Map([...seen].map(([key, position]) => [key.slice(key.indexOf('/') + 1), position]))
  let recorded = 0
  raws.forEach((raw, i) => {
    const receipt = receipts[i] as { outcome: string; position?: number } | undefined
    const id = 'id' in raw ? String(raw.id) : ''
    assert(receipt?.outcome === 'recorded' || receipt?.outcome === 'unchanged', `${id}: ${receipt?.outcome}`)
    if (receipt.outcome === 'recorded') recorded += 1
    assert.equal(byId.get(id), receipt.position, `${id} is where its receipt says`)
  })
  assert(recorded > raws.length / 2)
}

/** A reader that follows while others write. */
export const following: readonly Sample[] = [
  {
    rule: 'positions',
    name: 'three processes write and a reader follows: it sees the commit of each receipt once, in order',
    run: async bench => {
      const { log } = await bench.open()
      assert.deepEqual(await log.tails(), beginning())
      const work = [0, 1, 2].map(server => mixture(bench, server, 150))
      const hands = await bench.crew.set(work, 25)
      // Any hole is filled at once: a writer that is only slow must fly again, and still write each message once.
      const commits = await follow(log, Promise.all(hands.map(({ finished }) => finished)))
      checkOrder(commits)
      work.forEach((raws, i) => {
        checkSeen(commits, raws, hands[i]?.receipts ?? [])
      })
    },
  },
  {
    rule: 'atomic',
    name: 'a process that is killed while it writes leaves whole commits, and the same messages again complete them',
    run: async bench => {
      const { log } = await bench.open()
      const raws = Array.from({ length: 400 }, (_, i) => mishap(workflowIn(i % partitions, i % 7), `m${i}`))
      const enough = 30 + Math.floor(bench.random() * 60)
      let count = 0
      const [hand] = await bench.crew.set([raws], 60, killed => {
        count += 1
        if (count === enough) killed.kill()
      })
      const before = await follow(log, hand?.finished)
      checkOrder(before)
      const holdsAll = (commit: Commit): boolean =>
        commit.messages.every((_, i) => commit.events.some(event => event.message === i)) ||
        commit.events.length === 0
      assert(before.every(holdsAll))
      const seen = messagesIn(before)
      raws.forEach((raw, i) => {
        const receipt = hand?.receipts[i]
        if (receipt === undefined) return
        assert.equal(seen.get(`${i % partitions}/${raw.id}`), positionOf(receipt), `${raw.id} is not lost`)
      })
      assert(seen.size >= enough)
      if (bench.fixture.capabilities.holes === false)
        assert.deepEqual(
          before.filter(({ events }) => events.length === 0),
          [],
          'no hole had to be filled',
        )
      const receipts = await sendAll(new Writer(log, { server: 'successor' }), raws)
      assert(receipts.every(({ outcome }) => outcome === 'recorded' || outcome === 'duplicate'))
      const after = await follow(log)
      checkOrder(after)
      assert.equal(messagesIn(after).size, raws.length)
    },
  },
]

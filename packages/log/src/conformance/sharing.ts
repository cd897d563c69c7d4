import assert from 'node:assert/strict'
import type { Commit } from '../commit.js'
import { checkOrder, follow } from './follow.js'
import { mishap, workflowIn } from './kit.js'
import type { Sample } from './suite.js'

const each = 3000

/**
 * How many messages each server wrote while both were at it: from the first commit of the later one to the last of the
 * one that was done first. The log tells that, and nothing that a busy machine delays on its way to the test.
 */
const writtenTogether = (commits: readonly Commit[]): readonly number[] => {
  const counts = new Map<string, number>()
  let window = new Map<string, number>()
  for (const { server, messages } of commits) {
    const isFirst = !counts.has(server)
    counts.set(server, (counts.get(server) ?? 0) + messages.length)
    if (isFirst) window = new Map([...counts.keys()].map(name => [name, 0]))
    else window.set(server, (window.get(server) ?? 0) + messages.length)
    if (counts.get(server) === each) break
  }
  return [...window.values()]
}

/** Servers that write one workflow at the same time, with more than they can write at once. */
export const sharing: readonly Sample[] = [
  {
    rule: 'versions',
    name: 'two servers with a backlog for one workflow share it, and nothing is given up',
    run: async bench => {
      const { log } = await bench.open()
      const workflow = workflowIn(1)
      const backlogs = [0, 1].map(server =>
        Array.from({ length: each }, (_, i) => mishap(workflow, `m-${server}-${i}`)),
      )
      const hands = await bench.crew.set(backlogs, each)
      await Promise.all(hands.map(({ finished }) => finished))
      for (const { receipts } of hands)
        for (const receipt of receipts) assert.equal(receipt?.outcome, 'recorded')
      const commits = await follow(log)
      checkOrder(commits)
      const [most = 0, least = 0] = [...writtenTogether(commits)].sort((a, b) => b - a)
      assert(least > 0 && least >= most / 3, `while both wrote, one wrote ${most} and the other ${least}`)
    },
  },
]

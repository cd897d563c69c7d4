import assert from 'node:assert/strict'
import type { Hand } from './crew.js'
import { checkOrder, follow } from './follow.js'
import { mishap, workflowIn } from './kit.js'
import type { Sample } from './suite.js'

const each = 2000

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
      const done = new Map<Hand, number>()
      let behind: number | undefined
      const hands = await bench.crew.set(backlogs, each, hand => {
        done.set(hand, (done.get(hand) ?? 0) + 1)
        if (done.get(hand) === each)
          behind ??= [...done].reduce((other, [one, count]) => (one === hand ? other : count), 0)
      })
      await Promise.all(hands.map(({ finished }) => finished))
      for (const { receipts } of hands)
        for (const receipt of receipts) assert.equal(receipt?.outcome, 'recorded')
      checkOrder(await follow(log))
      assert(Number(behind) >= each / 3, `when one had written its ${each} the other had written ${behind}`)
    },
  },
]

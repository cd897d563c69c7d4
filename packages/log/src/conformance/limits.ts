import assert from 'node:assert/strict'
import { Writer } from '../writer.js'
import { checkOrder, follow, messagesIn } from './follow.js'
import { appended, draftOf, known, mishap, sendAll, workflowIn } from './kit.js'
import { type OddName, odd } from './odd.js'
import type { Bench, Sample } from './suite.js'

const mebibyte = 1024 * 1024

/** More than a document may hold, in one field. */
const tooMuch = { text: 'x'.repeat(16 * mebibyte) }

/** A content that this store refuses, if there is one. */
const refusedBy = (bench: Bench): OddName | undefined => bench.fixture.capabilities.refuses[0]

/** What cannot be stored is rejected, alone. */
export const limits: readonly Sample[] = [
  {
    rule: 'limits',
    name: 'a commit that is too large is refused with its size, and nothing is written',
    run: async bench => {
      const { log } = await bench.open()
      const [landing] = await log.append([draftOf(workflowIn(0), ['large'], undefined, tooMuch)])
      assert(landing?.tag === 'too-large', JSON.stringify(landing)?.slice(0, 100))
      assert(landing.bytes > landing.limit && landing.limit <= 16 * mebibyte)
      assert.deepEqual(await known(log, workflowIn(0), ['large']), [])
      assert.equal((await log.tails()).get(0), 0)
      // Its place in the stream is free.
      const [next] = await log.append([draftOf(workflowIn(0), ['small'])])
      assert(next?.tag === 'landed' && next.commit.position === 1)
    },
  },
  {
    rule: 'each-alone',
    name: 'a draft that is refused in the middle leaves the others of its flight standing',
    run: async bench => {
      const { log } = await bench.open()
      const refused = refusedBy(bench)
      const before = await appended(log, draftOf(workflowIn(0, 3), ['a']))
      const landings = await log.append([
        draftOf(workflowIn(0, 0), ['a']),
        draftOf(workflowIn(0, 1), ['large'], undefined, tooMuch),
        draftOf(workflowIn(0, 2), ['b']),
        draftOf(workflowIn(0, 3), ['a', 'c'], before),
        draftOf(workflowIn(0, 4), ['odd'], undefined, refused === undefined ? {} : { content: odd[refused] }),
        draftOf(workflowIn(1, 0), ['d']),
        { ...draftOf(workflowIn(1, 1), ['e']), version: 1 },
      ])
      assert.deepEqual(
        landings.map(({ tag }) => tag),
        [
          'landed',
          'too-large',
          'landed',
          'taken',
          refused === undefined ? 'landed' : 'unstorable',
          'landed',
          'landed',
        ],
      )
      const commits = await follow(log)
      checkOrder(commits)
      for (const landing of landings)
        if (landing.tag === 'landed')
          assert.deepEqual(
            commits.find(({ _id }) => _id === landing.commit._id),
            landing.commit,
          )
      assert.equal(messagesIn(commits).has('0/large'), false)
    },
  },
  {
    rule: 'each-alone',
    name: 'a message that cannot be stored is rejected, also among others of its own workflow',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      const refused = refusedBy(bench)
      const workflow = workflowIn(0)
      const raws = Array.from({ length: 12 }, (_, i) =>
        mishap(workflow, `m${i}`, i === 7 && refused !== undefined ? { content: odd[refused] } : { i }),
      )
      const elsewhere = mishap(workflowIn(0, 1), 'elsewhere')
      const receipts = await sendAll(writer, [...raws, elsewhere])
      receipts.forEach((receipt, i) => {
        if (i === 7 && refused !== undefined)
          assert(
            receipt.outcome === 'rejected' && receipt.rejection.code === 'unstorable',
            JSON.stringify(receipt),
          )
        else assert.equal(receipt.outcome, 'recorded', `m${i}`)
      })
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).size, refused === undefined ? 13 : 12)
    },
  },
  {
    rule: 'limits',
    name: 'a message of which only the document may be too large is recorded or rejected, and those that wait with it stand',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      const workflow = workflowIn(2)
      // Three million bytes as JSON, and six times as many in a store that keeps a key and a type with each number.
      const large = mishap(workflow, 'large', { list: new Array<number>(1_500_000).fill(1) })
      const receipts = await sendAll(writer, [mishap(workflow, 'a'), large, mishap(workflow, 'b')])
      assert.equal(receipts[0]?.outcome, 'recorded')
      assert.equal(receipts[2]?.outcome, 'recorded')
      const middle = receipts[1]
      assert(
        middle?.outcome === 'recorded' ||
          (middle?.outcome === 'rejected' && middle.rejection.code === 'too-large'),
        JSON.stringify(middle)?.slice(0, 200),
      )
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).has('2/large'), middle.outcome === 'recorded')
      assert.equal(messagesIn(commits).has('2/b'), true)
    },
  },
  {
    rule: 'limits',
    name: 'messages that are too much together are written apart',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      const big = { text: 'x'.repeat(3 * mebibyte) }
      const raws = Array.from({ length: 6 }, (_, i) => mishap(workflowIn(3), `m${i}`, big))
      const receipts = await sendAll(writer, raws)
      assert.deepEqual(new Set(receipts.map(({ outcome }) => outcome)), new Set(['recorded']))
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).size, 6)
      assert(commits.length > 1)
    },
  },
]

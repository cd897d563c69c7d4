import assert from 'node:assert/strict'
import type { Receipt } from '../receipt.js'
import { Writer } from '../writer.js'
import { checkOrder, follow, messagesIn } from './follow.js'
import { appended, draftOf, mishap, positionOf, type Raw, sendAll, whereIs, workflowIn } from './kit.js'
import type { Bench, Sample } from './suite.js'

const writers = async (bench: Bench, count: number): Promise<Writer[]> => {
  const list: Writer[] = []
  for (let i = 0; i < count; i += 1)
    list.push(new Writer((await bench.open()).log, { server: `server-${i}` }))
  return list
}

/** Writes with a writer that has not seen the ledger yet. */
const writeAfresh = async (bench: Bench, raws: readonly Raw[]): Promise<readonly Receipt[]> => {
  const [writer] = (await writers(bench, 1)) as [Writer]
  return sendAll(writer, raws)
}

/** A message counts once in a partition, whoever brings it and however often. */
export const duplicates: readonly Sample[] = [
  {
    rule: 'message-ids',
    name: 'a message that comes again is a duplicate, for who knows it and for who does not',
    run: async bench => {
      const [writer] = (await writers(bench, 1)) as [Writer]
      const message = mishap(workflowIn(0), 'twice')
      assert.deepEqual(await sendAll(writer, [message]), [{ outcome: 'recorded', position: 1 }])
      assert.deepEqual(await sendAll(writer, [message]), [{ outcome: 'duplicate', position: 1 }])
      assert.deepEqual(await writeAfresh(bench, [message]), [{ outcome: 'duplicate', position: 1 }])
    },
  },
  {
    rule: 'message-ids',
    name: 'a message that is in one flight twice is written once',
    run: async bench => {
      const message = mishap(workflowIn(0), 'twice')
      const between = mishap(workflowIn(0), 'between')
      const receipts = await writeAfresh(bench, [message, between, message])
      assert.deepEqual(
        receipts.map(({ outcome }) => outcome),
        ['recorded', 'recorded', 'duplicate'],
      )
      assert.equal(new Set(receipts.map(positionOf)).size, 1)
      const { log } = await bench.open()
      checkOrder(await follow(log))
    },
  },
  {
    rule: 'message-ids',
    name: 'an id counts in the whole partition: in another workflow of it, in the same flight or later',
    run: async bench => {
      const { log } = await bench.open()
      const [here, there, elsewhere] = [workflowIn(0, 0), workflowIn(0, 1), workflowIn(0, 2)]
      const landings = await log.append([draftOf(here, ['same']), draftOf(there, ['same'])])
      assert.deepEqual(landings.map(({ tag }) => tag).sort(), ['landed', 'taken'])
      assert.deepEqual(await log.append([draftOf(elsewhere, ['new', 'same'])]), [{ tag: 'taken' }])
      assert.deepEqual(await log.findMessages(0, ['new']), [])
      await whereIs(log, { partition: 0, id: 'same' })
      const other = await appended(log, draftOf(workflowIn(1), ['same']))
      assert.equal(await whereIs(log, { partition: 1, id: 'same' }), other.position)
    },
  },
  {
    rule: 'message-ids',
    name: 'a writer answers for an id that another workflow of the partition used, and writes the rest',
    run: async bench => {
      const message = mishap(workflowIn(0, 0), 'same')
      const moved = { ...message, ...workflowIn(0, 1) }
      const [first] = await writeAfresh(bench, [message])
      const [again, rest] = await writeAfresh(bench, [moved, mishap(workflowIn(0, 1), 'rest')])
      assert.equal(first?.outcome, 'recorded')
      // The workflow is part of what a message says: the same id in another one says something else.
      assert(again?.outcome === 'rejected' && again.rejection.code === 'id-reused', JSON.stringify(again))
      assert.equal(rest?.outcome, 'recorded')
    },
  },
  {
    rule: 'message-ids',
    name: 'an id that comes again with other contents is rejected as id-reused, wherever it comes',
    run: async bench => {
      const workflow = workflowIn(0)
      const [writer] = (await writers(bench, 1)) as [Writer]
      const other = { ...mishap(workflow, 'id'), error: { message: 'something else' } }
      const together = await sendAll(writer, [mishap(workflow, 'id'), other])
      const later = await sendAll(writer, [other])
      const afresh = await writeAfresh(bench, [other])
      assert.equal(together[0]?.outcome, 'recorded')
      for (const receipt of [together[1], later[0], afresh[0]])
        assert(
          receipt?.outcome === 'rejected' && receipt.rejection.code === 'id-reused',
          JSON.stringify(receipt),
        )
      const { log } = await bench.open()
      assert.equal((await follow(log)).length, 1)
    },
  },
  {
    rule: 'message-ids',
    name: 'two servers that get the same messages at once write each of them once',
    run: async bench => {
      const [one, two] = (await writers(bench, 2)) as [Writer, Writer]
      const raws = Array.from({ length: 60 }, (_, i) => mishap(workflowIn(i % 3, i % 5), `m${i}`))
      const [first, second] = await Promise.all([sendAll(one, raws), sendAll(two, raws)])
      raws.forEach((raw, i) => {
        assert.deepEqual([first[i]?.outcome, second[i]?.outcome].sort(), ['duplicate', 'recorded'], raw.id)
        assert.equal(positionOf(first[i]), positionOf(second[i]))
      })
      const { log } = await bench.open()
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).size, raws.length)
    },
  },
  {
    rule: 'message-ids',
    name: 'processes that get the same messages at once write each of them once',
    run: async bench => {
      const { log } = await bench.open()
      assert.equal((await log.tails()).size, 4)
      const raws = Array.from({ length: 90 }, (_, i) => mishap(workflowIn(i % 4, i % 6), `m${i}`))
      const hands = await bench.crew.set([raws, [...raws].reverse(), raws])
      const commits = await follow(log, Promise.all(hands.map(({ finished }) => finished)))
      checkOrder(commits)
      assert.equal(messagesIn(commits).size, raws.length)
      raws.forEach((_, i) => {
        const receipts = hands.map(({ receipts }, h) => receipts[h === 1 ? raws.length - 1 - i : i])
        assert.deepEqual(receipts.map(receipt => receipt?.outcome).sort(), [
          'duplicate',
          'duplicate',
          'recorded',
        ])
        assert.equal(new Set(receipts.map(positionOf)).size, 1)
      })
    },
  },
  {
    rule: 'proof',
    name: '“unchanged” on what is remembered is decided again when another writer has moved on',
    run: async bench => {
      const [one, two] = (await writers(bench, 2)) as [Writer, Writer]
      const described = (id: string, query: string) =>
        ({ ...workflowIn(0), type: 'new-batch', id, queries: [query] }) as const
      const outcomes = async (writer: Writer, raw: Raw) =>
        (await sendAll(writer, [raw])).map(({ outcome }) => outcome)
      assert.deepEqual(await outcomes(one, described('m1', 'a')), ['recorded'])
      assert.deepEqual(await outcomes(one, described('m2', 'a')), ['unchanged'])
      assert.deepEqual(await outcomes(two, described('m3', 'b')), ['recorded'])
      // As far as the first remembers, this was said; in truth something else was said since.
      assert.deepEqual(await outcomes(one, described('m4', 'a')), ['recorded'])
      assert.deepEqual(await outcomes(two, described('m5', 'b')), ['recorded'])
      assert.deepEqual(await outcomes(one, described('m6', 'b')), ['unchanged'])
      const { log } = await bench.open()
      const commits = await follow(log)
      checkOrder(commits)
      assert.deepEqual([...messagesIn(commits).keys()], ['0/m1', '0/m3', '0/m4', '0/m5'])
    },
  },
]

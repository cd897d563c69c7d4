import assert from 'node:assert/strict'
import type { Receipt } from '../receipt.js'
import { Writer } from '../writer.js'
import { checkOrder, follow, messagesIn } from './follow.js'
import {
  appended,
  asking,
  commitOf,
  completion,
  draftOf,
  failure,
  incoming,
  known,
  mishap,
  positionOf,
  type Raw,
  sendAll,
  streamOf,
  whereIs,
  workflowIn,
} from './kit.js'
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

/** A message counts once in its workflow, whoever brings it and however often. */
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
    name: 'an id counts in its workflow, in the same commit or a later one, and in no other',
    run: async bench => {
      const { log } = await bench.open()
      const [here, there, elsewhere] = [workflowIn(0, 0), workflowIn(0, 1), workflowIn(1)]
      const landings = await log.append([draftOf(here, ['same']), draftOf(there, ['same'])])
      assert.deepEqual(
        landings.map(({ tag }) => tag),
        ['landed', 'landed'],
      )
      const [first] = landings.map(commitOf)
      assert.deepEqual(await log.append([draftOf(here, ['new', 'same'], first)]), [{ tag: 'taken' }])
      assert.deepEqual(await known(log, here, ['new']), [])
      assert.equal(await whereIs(log, here, 'same'), first?.position)
      const other = await appended(log, draftOf(elsewhere, ['same']))
      assert.equal(await whereIs(log, elsewhere, 'same'), other.position)
      checkOrder(await follow(log))
    },
  },
  {
    rule: 'message-ids',
    name: 'an id that comes again with other contents is another message, kept under a longer id, wherever it comes',
    run: async bench => {
      const workflow = workflowIn(0)
      const [writer] = (await writers(bench, 1)) as [Writer]
      const says = (error: string) => ({ ...mishap(workflow, 'id'), payload: { error, fatal: false } })
      const [one, two, three, four] = [says('id'), says('else'), says('third'), says('fourth')]
      const raws = [one, two, three, four]
      const together = await sendAll(writer, [one, two, one, two])
      assert.deepEqual(
        together.map(({ outcome }) => outcome),
        ['recorded', 'recorded', 'duplicate', 'duplicate'],
      )
      assert.equal((await sendAll(writer, [three]))[0]?.outcome, 'recorded')
      const [later, afresh] = [await sendAll(writer, raws), await writeAfresh(bench, raws)]
      for (const receipts of [later, afresh])
        assert.deepEqual(receipts.slice(0, 3).map(positionOf), [1, 1, 2], JSON.stringify(receipts))
      assert.deepEqual(
        [...later, ...afresh].map(({ outcome }) => outcome),
        [...Array(3).fill('duplicate'), 'recorded', ...Array(4).fill('duplicate')],
      )
      const { log } = await bench.open()
      const commits = await follow(log)
      checkOrder(commits)
      const longer = [two, three, four].map(raw => `id#${incoming(raw).envelope.digest.slice(0, 16)}`)
      assert.deepEqual(
        commits.flatMap(({ messages }) => messages.map(({ id }) => id)),
        ['id', ...longer],
      )
    },
  },
  {
    rule: 'message-ids',
    name: 'a command whose id was used is rejected as id-reused',
    run: async bench => {
      const workflow = workflowIn(0)
      const [writer] = (await writers(bench, 1)) as [Writer]
      await sendAll(writer, [mishap(workflow, 'id')])
      const [fresh] = (await writers(bench, 1)) as [Writer]
      for (const one of [writer, fresh]) {
        const receipt = await one.write(streamOf(workflow), asking(workflow, 'id'))
        assert(
          receipt.outcome === 'rejected' && receipt.rejection.code === 'id-reused',
          JSON.stringify(receipt),
        )
      }
      const { log } = await bench.open()
      assert.equal((await follow(log)).length, 1)
    },
  },
  {
    rule: 'message-ids',
    name: 'two servers that get two messages of one id at once write each of them once',
    run: async bench => {
      const two = (await writers(bench, 2)) as [Writer, Writer]
      const raws = Array.from({ length: 40 }, (_, i) => ({
        ...mishap(workflowIn(0), `m${i % 20}`),
        payload: { error: `says ${i}`, fatal: false },
      }))
      const given = await Promise.all([sendAll(two[0], raws), sendAll(two[1], raws.toReversed())])
      raws.forEach((_, i) => {
        const both = [given[0][i], given[1][raws.length - 1 - i]]
        assert.deepEqual(both.map(receipt => receipt?.outcome).sort(), ['duplicate', 'recorded'])
        assert.equal(positionOf(both[0]), positionOf(both[1]))
      })
      const { log } = await bench.open()
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).size, raws.length)
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
      const workflow = workflowIn(0)
      const outcomes = async (writer: Writer, raw: Raw) =>
        (await sendAll(writer, [raw])).map(({ outcome }) => outcome)
      assert.deepEqual(await outcomes(one, failure(workflow, 'm0')), ['recorded'])
      assert.deepEqual(await outcomes(one, completion(workflow, 'm1')), ['recorded'])
      assert.deepEqual(await outcomes(one, completion(workflow, 'm2')), ['unchanged'])
      const retry = await two.write(streamOf(workflow), asking(workflow, 'm3', 'retry'))
      assert.equal(retry.outcome, 'recorded')
      // As far as the first remembers, this was said; in truth it has been answered since by a retry.
      assert.deepEqual(await outcomes(one, completion(workflow, 'm4')), ['recorded'])
      assert.deepEqual(await outcomes(two, completion(workflow, 'm5')), ['unchanged'])
      const { log } = await bench.open()
      const commits = await follow(log)
      checkOrder(commits)
      assert.deepEqual([...messagesIn(commits).keys()], ['0/m0', '0/m1', '0/m3', '0/m4'])
    },
  },
]

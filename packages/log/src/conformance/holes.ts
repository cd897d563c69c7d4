import assert from 'node:assert/strict'
import { isVoid } from '../commit.js'
import { readable } from '../commit-unreadable.js'
import { Reader } from '../reader.js'
import { Writer } from '../writer.js'
import { beginning, checkOrder, follow, messagesIn } from './follow.js'
import { appended, draftOf, mishap, positionOf, sendAll, streamOf, workflowIn } from './kit.js'
import type { Bench, Sample } from './suite.js'

const graceMs = 2000

/** A reader with a clock that the test moves. */
const readerOf = (log: ConstructorParameters<typeof Reader>[0]) => {
  const clock = { now: 0 }
  return { clock, reader: new Reader(log, { graceMs, now: () => clock.now }) }
}

/** A writer that stopped after reserving the first position of partition 0, and one that wrote behind it. */
const stalled = async (bench: Bench, stall: (ledger: string) => ReturnType<Stall>) => {
  const { log } = await bench.open()
  const slow = await stall(bench.ledger)
  bench.closing(slow.store)
  const late = sendAll(new Writer(slow.store.log, { server: 'late' }), [mishap(workflowIn(0), 'late')])
  await slow.reserved
  const [behind] = await sendAll(new Writer(log, { server: 'quick' }), [mishap(workflowIn(0, 1), 'behind')])
  assert.equal(positionOf(behind), 2)
  return { log, slow, late }
}
type Stall = Exclude<Bench['fixture']['capabilities']['holes'], false>['stall']

/** A hole is a commit under way or a writer that died: nothing behind it is shown before it is filled. */
export const holes: readonly Sample[] = [
  {
    rule: 'holes',
    name: 'nothing behind a hole is shown before its grace time is over; then it is void and stays so',
    run: async bench => {
      const { log } = await bench.open()
      const first = await appended(log, draftOf(workflowIn(0), ['one']))
      await log.fill([{ partition: 0, position: 4 }])
      const { clock, reader } = readerOf(log)
      const after = beginning()
      assert.deepEqual(await reader.next(after, 10), [first])
      after.set(0, 1)
      assert.deepEqual(await reader.next(after, 10), [])
      clock.now += graceMs - 1
      assert.deepEqual(await reader.next(after, 10), [])
      assert.deepEqual(
        (await log.read(after, 10)).map(({ position }) => position),
        [4],
      )
      clock.now += 1
      await reader.next(after, 10)
      const filled = readable(await reader.next(after, 10))
      assert.deepEqual(
        filled.map(commit => [commit.position, isVoid(commit)]),
        [
          [2, true],
          [3, true],
          [4, true],
        ],
      )
      const [next] = await sendAll(new Writer(log, { server: 'one' }), [mishap(workflowIn(0), 'two')])
      assert(next?.outcome === 'recorded' && next.position > 4, JSON.stringify(next))
      checkOrder(await follow(log))
    },
  },
  {
    rule: 'holes',
    name: 'each hole has a grace time of its own',
    run: async bench => {
      const { log } = await bench.open()
      await log.fill([{ partition: 1, position: 2 }])
      const { clock, reader } = readerOf(log)
      await reader.next(beginning(), 10)
      clock.now += graceMs / 2
      await log.fill([{ partition: 2, position: 3 }])
      await reader.next(beginning(), 10)
      clock.now += graceMs / 2
      await reader.next(beginning(), 10)
      const run = readable(await reader.next(beginning(), 10))
      assert.deepEqual(
        run.map(({ _id }) => _id),
        ['0001:000000000001', '0001:000000000002'],
      )
      clock.now += graceMs / 2
      await reader.next(beginning(), 10)
      assert.equal((await reader.next(beginning(), 10)).length, 5)
    },
  },
  {
    rule: 'holes',
    name: 'filling leaves alone what is occupied, and may be done twice and by two at once',
    run: async bench => {
      const [{ log }, { log: other }] = [await bench.open(), await bench.open()]
      const first = await appended(log, draftOf(workflowIn(0), ['one']))
      const places = [1, 2, 3].map(position => ({ partition: 0, position }))
      await Promise.all([log.fill(places), other.fill([...places].reverse())])
      await log.fill(places)
      await log.fill([])
      const commits = readable(await log.read(new Map([[0, 0]]), 10))
      assert.deepEqual(commits[0], first)
      assert.deepEqual(commits.map(isVoid), [false, true, true])
      checkOrder(commits)
    },
  },
  {
    rule: 'holes',
    name: 'a commit behind a hole of any width is found',
    run: async bench => {
      const { log } = await bench.open()
      for (const [partition, position] of [
        [0, 18],
        [1, 41],
        [2, 700],
        [3, 5],
      ] as const)
        await log.fill([{ partition, position }])
      const commits = await follow(log)
      assert.equal(commits.length, 18 + 41 + 700 + 5)
      checkOrder(commits)
    },
  },
  {
    rule: 'tails',
    name: 'the end of a partition is behind its holes, however wide they are',
    run: async bench => {
      const { log } = await bench.open()
      await appended(log, draftOf(workflowIn(0), ['one']))
      const ends = [9, 100, 1000, 77_777]
      await log.fill(ends.map((position, partition) => ({ partition, position })))
      assert.deepEqual(await log.tails(), new Map(ends.map((position, partition) => [partition, position])))
      assert.deepEqual(await (await bench.open()).log.tails(), await log.tails())
    },
  },
  {
    rule: 'holes',
    name: 'a writer whose place was filled meanwhile flies again and writes behind it, once',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      const [first] = await sendAll(writer, [mishap(workflowIn(0), 'one')])
      // The next position is what the writer will be given: as if it had it, and a reader was quicker.
      await (await bench.open()).log.fill([{ partition: 0, position: positionOf(first) + 1 }])
      const [second] = await sendAll(writer, [mishap(workflowIn(0), 'two')])
      assert(positionOf(second) >= 3 && second?.outcome === 'recorded')
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).get('0/two'), positionOf(second))
    },
  },
  {
    rule: 'holes',
    name: 'a writer that stops after reserving: its hole is filled, and when it goes on it flies again',
    run: async bench => {
      const { holes } = bench.fixture.capabilities
      if (holes === false) return withoutHoles(bench)
      const { log, slow, late } = await stalled(bench, holes.stall)
      const { clock, reader } = readerOf(log)
      assert.deepEqual(await reader.next(beginning(), 10), [])
      clock.now += graceMs
      await reader.next(beginning(), 10)
      const run = readable(await reader.next(beginning(), 10))
      assert.deepEqual(run.map(isVoid), [true, false])
      slow.resume()
      const [receipt] = await late
      assert(receipt?.outcome === 'recorded' && receipt.position > 2, JSON.stringify(receipt))
      const commits = await follow(log)
      checkOrder(commits)
      assert.equal(messagesIn(commits).get('0/late'), receipt.position)
    },
  },
  {
    rule: 'holes',
    name: 'a writer that was only slow fills its own place, and the reader goes on from there',
    run: async bench => {
      const { holes } = bench.fixture.capabilities
      if (holes === false) return withoutHoles(bench)
      const { log, slow, late } = await stalled(bench, holes.stall)
      const { clock, reader } = readerOf(log)
      assert.deepEqual(await reader.next(beginning(), 10), [])
      clock.now += graceMs - 1
      slow.resume()
      assert.deepEqual(await late, [{ outcome: 'recorded', position: 1 }])
      const run = readable(await reader.next(beginning(), 10))
      assert.deepEqual(
        run.map(({ stream }) => stream),
        [streamOf(workflowIn(0)), streamOf(workflowIn(0, 1))],
      )
    },
  },
]

/** Where positions are given and taken in one step, what was refused leaves no place empty. */
const withoutHoles = async (bench: Bench): Promise<void> => {
  const { log } = await bench.open()
  const first = await appended(log, draftOf(workflowIn(0), ['one']))
  const landings = await log.append([draftOf(workflowIn(0), ['late']), draftOf(workflowIn(0, 1), ['two'])])
  assert.deepEqual(
    landings.map(({ tag }) => tag),
    ['taken', 'landed'],
  )
  await appended(log, draftOf(workflowIn(0), ['three'], first))
  const commits = readable(await log.read(new Map([[0, 0]]), 10))
  assert.deepEqual(commits.map(isVoid), [false, false, false])
  checkOrder(commits)
}

import assert from 'node:assert/strict'
import { isVoid } from '../commit.js'
import { Writer } from '../writer.js'
import { checkOrder, follow, messagesIn } from './follow.js'
import { mishap, partitions, sendAll, workflowIn } from './kit.js'
import type { Bench, Sample } from './suite.js'

const rounds = 6

/**
 * Writes in rounds and spoils the sequencer before each of them. Where there is none, positions can only come
 * from what is stored, and each round begins right behind the one before.
 */
const spoiled = async (bench: Bench, spoil: (round: number) => number | 'lost'): Promise<void> => {
  const { sequencer } = bench.fixture.capabilities
  const [{ log }, { log: other }] = [await bench.open(), await bench.open()]
  const writers = [log, other].map((log, i) => new Writer(log, { server: `server-${i}` }))
  const sent: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (sequencer !== false) await sequencer.set(bench.ledger, spoil(round))
    const raws = Array.from({ length: 12 }, (_, i) =>
      // In each round some workflows that are known and some that are new.
      mishap(workflowIn(i % partitions, (i + round) % 5), `m-${round}-${i}`),
    )
    const receipts = await Promise.all(
      writers.map((writer, w) =>
        sendAll(
          writer,
          raws.filter((_, i) => i % 2 === w),
        ),
      ),
    )
    assert(receipts.flat().every(({ outcome }) => outcome === 'recorded'))
    sent.push(...raws.map(({ id }) => id))
  }
  const commits = await follow(log)
  checkOrder(commits)
  const ids = [...messagesIn(commits).keys()].map(key => key.slice(key.indexOf('/') + 1))
  assert.deepEqual(ids.sort(), sent.sort())
  if (sequencer === false) assert.deepEqual(commits.filter(isVoid), [])
}

/** The sequencer is only a hint: what is written stands by itself. */
export const sequencing: readonly Sample[] = [
  {
    rule: 'positions',
    name: 'the sequencer may be lost at any time',
    run: bench => spoiled(bench, () => 'lost'),
  },
  {
    rule: 'positions',
    name: 'the sequencer may be set back to any position',
    run: bench => spoiled(bench, round => Math.floor(bench.random() * round * 3)),
  },
  {
    rule: 'positions',
    name: 'the sequencer may jump ahead',
    run: bench => spoiled(bench, round => round * 50),
  },
]

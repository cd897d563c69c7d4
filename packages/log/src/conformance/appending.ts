import assert from 'node:assert/strict'
import { isObject } from '@crawl-ledger/domain'
import { isVoid } from '../commit.js'
import { readable } from '../commit-unreadable.js'
import { Writer } from '../writer.js'
import { checkOrder, follow } from './follow.js'
import {
  appended,
  commitOf,
  draftOf,
  found,
  known,
  mishap,
  partitions,
  positionOf,
  progress,
  sendAll,
  streamOf,
  workflowIn,
} from './kit.js'
import type { Sample } from './suite.js'

/** One writer: places, versions, and commits that are whole. */
export const appending: readonly Sample[] = [
  {
    rule: 'clock',
    name: 'the store has one clock: commits are dated by it, and it goes on by itself',
    run: async bench => {
      const { log } = await bench.open()
      const before = await log.now()
      const { at } = await appended(log, draftOf(workflowIn(0), ['one']))
      const after = await log.now()
      for (const time of [before, at, after]) assert.equal(new Date(time).toISOString(), time)
      assert(before <= at && at <= after, `${before} ${at} ${after}`)
      const deadline = performance.now() + 5000
      while ((await log.now()) === after) assert(performance.now() < deadline, 'the clock stands still')
    },
  },
  {
    rule: 'positions',
    name: 'commits of a partition stand at 1, 2, 3, and those of others do not count',
    run: async bench => {
      const { log } = await bench.open()
      const drafts = [0, 1, 2].flatMap(n => [0, 1].map(p => draftOf(workflowIn(p, n), [`first-${p}-${n}`])))
      const first = (await log.append(drafts)).map(commitOf)
      for (const partition of [0, 1]) {
        const positions = first.filter(commit => commit.partition === partition).map(c => c.position)
        assert.deepEqual(positions.sort(), [1, 2, 3])
      }
      const next = await appended(log, draftOf(workflowIn(1, 3), ['next']))
      assert.equal(next.position, 4)
      assert.deepEqual(await log.append([]), [])
      const commits = await follow(log)
      checkOrder(commits)
      const byId = [...first, next].sort((a, b) => (a._id < b._id ? -1 : 1))
      assert.deepEqual(
        [...commits].sort((a, b) => (a._id < b._id ? -1 : 1)),
        byId,
      )
    },
  },
  {
    rule: 'versions',
    name: 'a version that another writer took is refused, and leaves nothing behind',
    run: async bench => {
      const [{ log }, other] = [await bench.open(), await bench.open()]
      const workflow = workflowIn(0)
      const first = await appended(log, draftOf(workflow, ['one']))
      const second = await appended(log, draftOf(workflow, ['two'], first))
      assert.deepEqual(await other.log.append([draftOf(workflow, ['late'], first)]), [{ tag: 'taken' }])
      assert.deepEqual(await known(log, workflow, ['late']), [])
      const third = await appended(other.log, draftOf(workflow, ['late'], second))
      assert(third.position > second.position)
      checkOrder(await follow(log))
    },
  },
  {
    rule: 'versions',
    name: 'two writers that take turns on one workflow decide again, and every message counts once',
    run: async bench => {
      const writers = [await bench.open(), await bench.open()].map(
        ({ log }, i) => new Writer(log, { server: `server-${i}` }),
      )
      const workflow = workflowIn(2)
      const receipts = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          sendAll(writers[i % 2] as Writer, [mishap(workflow, `m${i}`), found(workflow, `item-${i % 10}`)]),
        ),
      )
      const outcomes = receipts.map(pair => pair.map(({ outcome }) => outcome))
      assert(outcomes.every(([first]) => first === 'recorded'))
      const { log } = await bench.open()
      const commits = await follow(log)
      checkOrder(commits)
      const events = commits.flatMap(commit => commit.events)
      assert.equal(events.filter(({ type }) => type === 'ErrorRecorded').length, 40)
      assert.equal(events.filter(({ type }) => type === 'ItemFound').length, 10)
      assert.equal(events.filter(({ type }) => type === 'WorkflowStarted').length, 1)
    },
  },
  {
    rule: 'atomic',
    name: 'messages that wait together become one commit, with the events of each',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      const workflow = workflowIn(1)
      const raws = Array.from({ length: 30 }, (_, i) => mishap(workflow, `m${i}`, { i }))
      const receipts = await sendAll(writer, raws)
      assert.deepEqual([...new Set(receipts.map(positionOf))], [1])
      const [commit, ...rest] = readable(await log.read(new Map([[1, 0]]), 10))
      assert.equal(rest.length, 0)
      assert.deepEqual(
        commit?.messages.map(({ id }) => id),
        raws.map(({ id }) => id),
      )
      const told = commit?.events.filter(({ type }) => type === 'ErrorRecorded') ?? []
      assert.deepEqual(
        told.map(({ message }) => message),
        raws.map((_, i) => i),
      )
    },
  },
  {
    rule: 'order',
    name: 'messages of a workflow are decided in the order in which they were given',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      const workflows = Array.from({ length: 6 }, (_, n) => workflowIn(n % partitions, n))
      const steps = Array.from({ length: 50 }, (_, i) => i)
      // Progress only counts when it rises: a message out of order would be unchanged, and one event less.
      const receipts = await Promise.all(
        steps.map(async i => {
          await new Promise(resolve => setTimeout(resolve, Math.floor(i / 10) * 4))
          return sendAll(
            writer,
            workflows.map(workflow => progress(workflow, i + 1)),
          )
        }),
      )
      assert.deepEqual(new Set(receipts.flat().map(({ outcome }) => outcome)), new Set(['recorded']))
      const commits = await follow(log)
      checkOrder(commits)
      for (const workflow of workflows) {
        const events = commits.filter(c => c.stream === streamOf(workflow)).flatMap(c => c.events)
        const percents = events.flatMap(({ data: { metadata } }) =>
          isObject(metadata) ? [Number(metadata.percent)] : [],
        )
        assert.deepEqual(
          percents,
          steps.map(i => i + 1),
        )
      }
    },
  },
  {
    rule: 'chain',
    name: 'each commit is sealed, and holds the hash of the one before it in its stream',
    run: async bench => {
      const { log } = await bench.open()
      const writer = new Writer(log, { server: 'one' })
      for (let i = 0; i < 5; i += 1)
        await sendAll(
          writer,
          [0, 1, 2].map(n => mishap(workflowIn(0, n), `m-${i}-${n}`)),
        )
      const commits = await follow(log)
      assert.equal(commits.length, 15)
      assert.equal(commits.filter(isVoid).length, 0)
      checkOrder(commits)
    },
  },
  {
    rule: 'chain',
    name: 'the time of a commit is the store’s own, and not before the one before it in its stream',
    run: async bench => {
      const { log } = await bench.open()
      const first = await appended(log, draftOf(workflowIn(0), ['one']))
      assert(Math.abs(Date.parse(first.at) - Date.now()) < 60_000, `${first.at} is about now`)
      const ahead = '2999-01-01T00:00:00.000Z'
      const second = await appended(log, { ...draftOf(workflowIn(0), ['two'], first), notBefore: ahead })
      assert.equal(second.at, ahead)
    },
  },
]

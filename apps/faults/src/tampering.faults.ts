import { crawl } from '@crawl-ledger/domain'
import { type Commit, partitionOf, sealer, voidCommit } from '@crawl-ledger/log'
import { verifyLog } from '@crawl-ledger/projector'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chanceOf } from './chance.js'
import { crawlOf, locationIds, send } from './crawl.js'
import { over } from './over.js'
import { places } from './places.js'
import { endOf, projecting, startReplay, startWorker } from './programs.js'
import { assertSound, caughtUp } from './sound.js'
import { movedTo, tamper } from './tamper.js'

const test = suite('a log that was changed')
const batches = 3
const partition = partitionOf(locationIds[0] as string, 16)

test.after.each(over)

/** A ledger whose views are up to date, and nobody at work. */
const folded = async (url: string): Promise<void> => {
  const worker = startWorker(url)
  await send(url, crawlOf(batches))
  await caughtUp(url)
  worker.child.kill('SIGTERM')
  assert.is(await endOf(worker), 0)
}

type Change = (commits: readonly Commit[], i: number) => readonly Commit[]

/** What somebody does to the commit at index `i`. */
const changes: Readonly<Record<string, Change>> = {
  'one byte changed in an event': (commits, i) =>
    commits.map((commit, j) =>
      i === j
        ? { ...commit, events: JSON.parse(JSON.stringify(commit.events).replace('"at":"2', '"at":"3')) }
        : commit,
    ),
  'a commit taken out': (commits, i) => commits.filter((_, j) => j !== i),
  'a commit put in': (commits, i) => {
    const copy = commits[i] as Commit
    const messages = [{ ...copy.messages[0], id: 'forged' }] as Commit['messages']
    const forged = { ...copy, messages, stream: `${locationIds[0]}/forged`, version: 1, prev: '' }
    return [...commits.slice(0, i), forged, ...commits.slice(i).map(one => movedTo(one, one.position + 1))]
  },
  'two commits exchanged': (commits, i) => [
    ...commits.slice(0, i),
    movedTo(commits[i + 1] as Commit, i + 1),
    movedTo(commits[i] as Commit, i + 2),
    ...commits.slice(i + 2),
  ],
  'a commit made void': (commits, i) =>
    commits.map((commit, j) => (i === j ? voidCommit(sealer(), partition, commit.position) : commit)),
}

/** Where findings are, each place once. */
const placesFound = async (url: string): Promise<readonly string[]> => {
  const { store } = await openStore({ store: url, create: false })
  const found = new Set<string>()
  for await (const finding of verifyLog(store, { projection: crawl, graceMs: 0 }).findings)
    found.add(`${finding.partition}:${finding.position}`)
  await store.close()
  return [...found]
}

for (const place of places) {
  test(`${place.name}: verify names the place of each change`, async () => {
    const chance = chanceOf(`tampering ${place.name}`)
    const url = await place.open()
    await folded(url)
    assert.equal(await placesFound(url), [])
    for (const [what, change] of Object.entries(changes)) {
      let i = 0
      const before = await tamper(url, partition, commits => {
        i = Math.floor(chance.between(1, commits.length - 2))
        return change(commits, i)
      })
      const found = await placesFound(url)
      const place = `${partition}:${i + 1}`
      // Among voids that fill holes it cannot be told which one was a commit: all of them are named, and no other place.
      const names = what === 'a commit made void' ? found : found.slice(0, 1)
      assert.ok(names.includes(place), `${what}: ${place} is not among ${names}`)
      await tamper(url, partition, () => before)
    }
    await tamper(url, partition, commits => commits.slice(0, -3))
    const [cut] = await placesFound(url)
    assert.match(String(cut), new RegExp(`^${partition}:`))
  })

  test(`${place.name}: behind its views a log stops the workers, and they name the remedy`, async () => {
    const url = await place.open()
    await folded(url)
    await tamper(url, partition, commits => commits.slice(0, -3))
    const worker = startWorker(url)
    assert.is(await endOf(worker), 1)
    assert.match(worker.said.out, /crawl-replay rebuild/)
    for (const command of ['status', 'verify']) {
      const program = startReplay(url, command)
      assert.is(await endOf(program), 1, command)
    }
    const rebuild = startReplay(url, 'rebuild')
    assert.is(await endOf(rebuild), 0, rebuild.said.err)
    const next = startWorker(url)
    await projecting(next)
    // Whoever had a receipt for what is gone sends it again, as from the broker's own copy.
    await send(url, crawlOf(batches))
    await caughtUp(url)
    next.child.kill('SIGTERM')
    assert.is(await endOf(next), 0)
    await assertSound(url, batches)
  })
}

test.run()

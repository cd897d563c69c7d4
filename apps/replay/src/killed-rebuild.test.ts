import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crawl } from '@crawl-ledger/domain'
import type { Store, ViewStore } from '@crawl-ledger/log'
import { rebuild, verifyViews } from '@crawl-ledger/projector'
import { openSqlite } from '@crawl-ledger/sqlite'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runHere } from './in-process.test-kit.js'

const test = suite('a rebuild that was killed')
const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-killed-'))
test.after(() => rmSync(folder, { recursive: true }))

class Killed extends Error {}
const kill = async (): Promise<never> => {
  throw new Killed()
}

/** A store that ends its process at some call of a rebuild. */
type Killing = (store: Store) => Store

const builds = (store: Store, change: Partial<Store['builds']>): Store => ({
  ...store,
  builds: { ...store.builds, ...change },
})

/** Every state that a rebuild leaves in the store, in their order. */
const states: readonly (readonly [string, string | undefined, Killing])[] = [
  ['begun, and nothing made', 'building', store => builds(store, { drop: kill })],
  [
    'building, one partition folded',
    'building',
    store => {
      const open = async (build: number): Promise<ViewStore> => {
        const views = await store.builds.open(build)
        let saves = 0
        return {
          ...views,
          save: fold => {
            saves += 1
            return saves > 1 ? kill() : views.save(fold)
          },
        }
      }
      return builds(store, { open })
    },
  ],
  ['closing', 'closing', store => ({ ...store, views: { ...store.views, save: kill } })],
  ['closing, the next one complete and not sealed', 'closing', store => builds(store, { seal: kill })],
  [
    'closing, the next one sealed',
    'closing',
    store =>
      builds(store, {
        put: record => (record.next?.state === 'swapping' ? kill() : store.builds.put(record)),
      }),
  ],
  ['swapping, before the names are exchanged', 'swapping', store => builds(store, { swap: kill })],
  [
    'swapping, the names exchanged and not recorded',
    'swapping',
    store => builds(store, { swap: build => store.builds.swap(build).then(kill) }),
  ],
  [
    'swapped, its old checkpoints still there',
    undefined,
    store => builds(store, { forget: name => (name === 'crawl@1' ? kill() : store.builds.forget(name)) }),
  ],
]

const message = (locationId: string, itemId: string) => ({
  type: 'item_found',
  context: { locationId, batchId: 'b', stage: 'crawl-media', completedStages: [], metadata: {} },
  payload: { itemId, itemUrl: `https://media.test/${itemId}` },
})

const places = ['osaka-1', 'osaka-2', 'kyoto-1', 'kyoto-2']

const told = async (store: string, items: readonly string[]): Promise<void> => {
  const ledger = await openLedger({ store, partitions: 2, project: true })
  try {
    for (const item of items)
      for (const place of places) {
        const { outcome } = await ledger.handle(message(place, item))
        assert.is(outcome, 'recorded')
      }
    await ledger.caughtUp()
    for (const locationId of places)
      assert.is(
        (await ledger.workflows.get({ locationId, batchId: 'b' }))?.items.found,
        items.at(-1) === 'm3' ? 3 : 2,
      )
  } finally {
    await ledger.close()
  }
}

/** Each command that is about a store, and what it ends with. */
const commands: readonly (readonly string[])[] = [
  ['status'],
  ['verify'],
  ['verify', '--repair'],
  ['rebuild', '--dry-run'],
  ['rebuild'],
  ['cancel'],
  ['history', 'osaka-1', 'b'],
  ['history', 'osaka-1'],
  ['state', 'osaka-1', 'b'],
  ['diff', 'osaka-1', 'b', '--from', '1'],
  ['export'],
  ['quarantine', 'list'],
]

const assertRight = async (path: string): Promise<void> => {
  const store = openSqlite(path)
  try {
    const { findings, summary } = verifyViews(store, crawl)
    for await (const { message: what } of findings) assert.unreachable(what)
    assert.ok(summary().documents >= 3 * places.length)
    assert.is((await store.builds.record('crawl'))?.next?.state === 'swapping', false)
  } finally {
    await store.close()
  }
}

let files = 0

for (const [name, state, killing] of states)
  test(`${name}: each command, then new messages`, async () => {
    files += 1
    const path = join(folder, `${files}.db`)
    await told(`sqlite:${path}`, ['m1', 'm2'])
    const store = openSqlite(path)
    try {
      const failure = await rebuild(killing(store), crawl, { owner: 'killed' }).catch(
        (error: unknown) => error,
      )
      assert.instance(failure, Killed)
      assert.is((await store.builds.record('crawl'))?.next?.state, state)
    } finally {
      await store.close()
    }
    for (const [i, command] of commands.entries()) {
      const copy = join(folder, `${files}-${i}.db`)
      for (const suffix of ['', '-wal'])
        if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix)
      const { code, out } = await runHere([...command, '--store', `sqlite:${copy}`])
      // Who only reads says what is to be finished, and finishes nothing.
      const isTold = state === 'swapping' && command.join(' ') === 'verify'
      assert.is(code, isTold ? 1 : 0, `${command.join(' ')}: ${out}`)
      if (isTold) assert.match(out, 'unfinished-swap')
      assert.not.match(out, /repaired/)
      await told(`sqlite:${copy}`, ['m3'])
      await assertRight(copy)
      const verified = await runHere(['verify', '--store', `sqlite:${copy}`])
      assert.is(verified.code, 0, `${command.join(' ')}, then verify: ${verified.out}`)
    }
  })

test.run()

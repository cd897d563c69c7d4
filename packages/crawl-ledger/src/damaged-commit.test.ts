import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommitUnreadable, partitionOf, type Receipt, type Store } from '@crawl-ledger/log'
import { openMongo } from '@crawl-ledger/mongodb'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { openSqlite } from '@crawl-ledger/sqlite'
import { openDatabase } from '@crawl-ledger/sqlite/engine'
import { type Document, MongoClient } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger, RecordedEvent } from './index.js'
import { batchContext, urlOf } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'

const test = suite('a damaged commit')
const partitions = 2

/** A place to put damaged commits, past the store. */
interface Damageable {
  open(): Promise<Store>
  /** Changes what stands at a position, as a body of JSON. */
  edit(partition: number, position: number, change: (body: Document) => unknown): Promise<void>
}

interface Kind {
  readonly name: string
  readonly damage: (at: Damageable, partition: number, position: number) => Promise<void>
}

const withEvents =
  (change: (event: Document) => unknown) =>
  (body: Document): unknown => ({ ...body, events: body.events.map(change) })

/** What both stores can hold in the place of a commit. */
const kinds: readonly Kind[] = (
  [
    ['without its events', ({ events: _, ...body }) => body],
    ['whose messages are none', body => ({ ...body, messages: [null] })],
    ['whose events are a text', body => ({ ...body, events: 'ItemFound' })],
    ['whose events are none', withEvents(() => null)],
    ['with an event without data', withEvents(({ data: _, ...event }) => event)],
    ['with an event of no known type', withEvents(event => ({ ...event, type: 'Unheard' }))],
    ['with an event of a newer version', withEvents(event => ({ ...event, v: 99 }))],
  ] as const satisfies readonly (readonly [string, (body: Document) => unknown])[]
).map(([name, change]) => ({ name, damage: (at, ...place) => at.edit(...place, change) }))

const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-damaged-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
let made = 0

interface SqliteFile extends Damageable {
  put(partition: number, position: number, body: string | Uint8Array): Promise<void>
}

const sqliteFile = (): SqliteFile => {
  made += 1
  const path = join(folder, `${made}.db`)
  const past = <A>(work: (db: ReturnType<typeof openDatabase>) => A): A => {
    const db = openDatabase(path)
    try {
      db.exec('DROP TRIGGER IF EXISTS events_are_not_updated')
      return work(db)
    } finally {
      db.close()
    }
  }
  const put: SqliteFile['put'] = async (partition, position, body) =>
    past(db => {
      db.prepare('UPDATE events SET body = CAST(? AS TEXT) WHERE partition = ? AND position = ?').run(
        body,
        partition,
        position,
      )
    })
  return {
    open: async () => openSqlite(path, { partitions }),
    put,
    edit: async (partition, position, change) => {
      const { body } = past(db =>
        db.prepare('SELECT body FROM events WHERE partition = ? AND position = ?').get(partition, position),
      ) as { body: string }
      await put(partition, position, JSON.stringify(change(JSON.parse(body))))
    },
  }
}

const inSqlite = (name: string, body: string | Uint8Array): Kind => ({
  name,
  damage: (at, ...place) => (at as SqliteFile).put(...place, body),
})

const sqliteKinds: readonly Kind[] = [
  inSqlite('that is no JSON', '{"_id"'),
  inSqlite('that is no UTF-8', Buffer.from([0x22, 0xff, 0x22])),
  inSqlite('that is an empty object', '{}'),
  inSqlite('that is a list', '[1]'),
  inSqlite('that is null', 'null'),
  {
    name: 'that says it is another one',
    damage: (at, ...place) => at.edit(...place, body => ({ ...body, position: 7 })),
  },
  {
    name: 'that says it is of another stream',
    damage: (at, ...place) => at.edit(...place, body => ({ ...body, stream: 'elsewhere/b' })),
  },
]

const server = mongoTestServer()

const mongoDatabase = async (): Promise<Damageable> => {
  made += 1
  const [url, database] = [(await server?.url()) ?? '', `damaged-${process.pid}-${made}`]
  return {
    open: () => openMongo(url, database, { partitions }),
    edit: async (partition, position, change) => {
      const client = new MongoClient(url)
      try {
        const events = client.db(database).collection<{ _id: string }>('events')
        const found = (await events.findOne({ partition, position })) as { _id: string }
        await events.replaceOne({ _id: found._id }, change(found) as Document)
      } finally {
        await client.close()
      }
    },
  }
}

/** Two locations in one partition and one in the other. */
const named = (partition: number): readonly string[] =>
  Array.from({ length: 50 }, (_, i) => `place-${i}`).filter(one => partitionOf(one, partitions) === partition)
const [damaged = '', beside = ''] = named(0)
const [apart = ''] = named(1)
const batchId = 'b'

const find = (ledger: Ledger, locationId: string, name: string): Promise<Receipt> =>
  ledger.handlers.handleItemFound(batchContext({ locationId, batchId }), {
    itemUrl: urlOf(name),
    itemType: 'image',
  })

const withLedgers = async (at: Damageable, project: boolean, use: (l: Ledger, s: Store) => Promise<void>) => {
  const store = await at.open()
  const ledger = ledgerOver(store, 'the store', { project })
  try {
    await use(ledger, store)
  } finally {
    await ledger.close()
  }
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 20_000
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, 'it did not become so')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

const costsItsStream = async (at: Damageable, { damage }: Kind): Promise<void> => {
  await withLedgers(at, false, async ledger => {
    for (const name of ['one', 'two'])
      for (const location of [damaged, beside, apart])
        assert.is((await find(ledger, location, name)).outcome, 'recorded')
  })
  // Partition 0 has: damaged, beside, damaged, beside. The second of the damaged one is hit.
  await damage(at, 0, 3)
  await withLedgers(at, true, async (ledger, store) => {
    const isThis = (error: unknown): boolean =>
      error instanceof CommitUnreadable && error.partition === 0 && error.position === 3
    const all = await Promise.allSettled(
      [damaged, beside, apart, damaged].map(location => find(ledger, location, 'three')),
    )
    assert.equal(
      all.map(one => (one.status === 'fulfilled' ? one.value.outcome : isThis(one.reason))),
      [true, 'recorded', 'recorded', true],
    )
    assert.match(
      String((all[0] as PromiseRejectedResult).reason.message),
      /position 3 of partition 0.*(verify|newer)/,
    )

    // The views: partition 1 to its end, partition 0 up to the damaged one, and it says so.
    await until(async () => (await store.views.checkpoints('crawl@1')).some(one => one.stopped !== undefined))
    await until(async () => (await ledger.workflows.get({ locationId: apart, batchId }))?.items.found === 3)
    const [stopped] = await store.views.checkpoints('crawl@1')
    assert.equal([stopped?.partition, stopped?.position, stopped?.stopped?.position], [0, 2, 3])
    const error = await failure(ledger.caughtUp())
    assert.match(String((error as Error).message), /partition 0 at position 3/)
    assert.is((await find(ledger, apart, 'four')).outcome, 'recorded')
    await until(async () => (await ledger.workflows.get({ locationId: apart, batchId }))?.items.found === 4)

    // What is asked of the log.
    const last = { position: Number.MAX_SAFE_INTEGER }
    assert.ok(isThis(await failure(ledger.stateAt({ locationId: damaged, batchId }, last))))
    assert.is((await ledger.stateAt({ locationId: damaged, batchId }, { position: 2 }))?.items.found, 1)
    for (const location of [beside, apart])
      assert.ok(((await ledger.stateAt({ locationId: location, batchId }, last))?.items.found ?? 0) >= 3)
    const told: RecordedEvent[] = []
    const reading = async (): Promise<void> => {
      for await (const event of ledger.history({ locationId: damaged, batchId })) told.push(event)
    }
    assert.ok(isThis(await failure(reading())))
    assert.ok(told.length > 0 && told.every(({ position }) => position < 3))

    // Whoever follows the log.
    const seen: string[] = []
    const unreadable: CommitUnreadable[] = []
    const following = ledger
      .changes({ after: new Map(), onUnreadable: one => unreadable.push(one) })
      .subscribe(({ partition, position }) => seen.push(`${partition}:${position}`))
    const fresh = await find(ledger, apart, 'five')
    const goal = `1:${'position' in fresh ? fresh.position : 0}`
    await until(async () => seen.includes(goal) && unreadable.length > 0)
    following.unsubscribe()
    assert.equal(unreadable.map(isThis), [true])
    assert.equal([...new Set(seen.filter(one => one.startsWith('0:')))], ['0:1', '0:2'])

    // Whoever takes over.
    await until(async () => (await ledger.workflows.get({ locationId: apart, batchId }))?.items.found === 5)
    const taken: string[] = []
    const takingOver = async (): Promise<void> => {
      for await (const { workflow } of ledger.recovery.resumeAll({ idleForMs: 0 }))
        taken.push(workflow.locationId)
    }
    assert.ok(isThis(await failure(takingOver())))
    // The view of the one beside it has stopped: so it is not known where that goes on.
    assert.equal(taken, [apart])
  })
}

for (const kind of [...kinds, ...sqliteKinds])
  test(`SQLite: one ${kind.name} costs its stream and stops its partition`, () =>
    costsItsStream(sqliteFile(), kind))

if (server !== undefined)
  for (const kind of kinds)
    test(`MongoDB: one ${kind.name} costs its stream and stops its partition`, async () =>
      costsItsStream(await mongoDatabase(), kind))

test.run()

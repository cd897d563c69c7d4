import { type Commit, PlaceTaken, readable, type Store, StoreUnavailable } from '@crawl-ledger/log'
import { openMongo } from '@crawl-ledger/mongodb'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batchContext, collected, stream, urlOf } from '../messages.test-kit.js'
import { ledgerOver } from '../open-ledger.js'
import { exportLog } from './export-log.js'
import { ArchiveUnusable, LogUnsound, OtherLog } from './format.js'
import { importLog } from './import-log.js'
import { checkArchive, linesOf } from './read-archive.js'

const test = suite('archive')
const locations = ['osaka-1', 'osaka-2', 'glasgow-1']

const handIn = async (store: Store, messages: readonly object[]): Promise<void> => {
  const ledger = ledgerOver(store, 'memory:', { project: false })
  for (const message of messages) await ledger.handle(message)
}

/** A log with a filled hole, and texts that would break careless lines. */
const filled = async (partitions = 4): Promise<Store> => {
  const store = openSqlite(':memory:', { partitions })
  await handIn(store, stream(locations, 6))
  const context = batchContext({ locationId: 'osaka-1', batchId: 'odd' })
  const payload = { itemUrl: urlOf('m'), itemType: 'image', title: 'a\u2028b\r\nc\u2029d 💧' }
  await handIn(store, [{ type: 'item_found', context, payload }])
  const [partition, tail] = [...(await store.log.tails())].find(([, end]) => end > 0) ?? [0, 0]
  await store.log.fill([{ partition, position: tail + 1 }])
  return store
}

const archiveOf = async (store: Store): Promise<string> =>
  (await collected(exportLog(store, { graceMs: 0 }))).join('')

/** A file's bytes, in chunks that end anywhere. */
const bytes = (text: string) =>
  async function* (): AsyncGenerator<Buffer> {
    const all = Buffer.from(text)
    for (let i = 0; i < all.length; i += 1000) yield all.subarray(i, i + 1000)
  }

const importInto = async (store: Store, archive: string) => {
  const read = bytes(archive)
  return importLog(store, await checkArchive(read(), undefined), read)
}

/** What each location lived through, without the places of its commits. */
const histories = async ({ log }: Store): Promise<ReadonlyMap<string, readonly object[]>> => {
  const told = new Map<string, object[]>()
  const all: Commit[] = []
  for (let partition = 0; partition < log.partitions; partition += 1)
    all.push(...readable(await log.read(new Map([[partition, 0]]), 10_000)))
  for (const { stream, version, at, messages, events, server } of all) {
    const location = stream.split('/')[0] ?? ''
    if (!location.startsWith('void:'))
      told.set(location, [...(told.get(location) ?? []), { stream, version, at, messages, events, server }])
  }
  return new Map([...told].sort())
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    error => error,
  )

test('what comes back is what went out, byte for byte, and writers go on behind it', async () => {
  const from = await filled()
  const archive = await archiveOf(from)
  assert.is(await archiveOf(from), archive)
  const to = openSqlite(':memory:', { partitions: 4 })
  const { commits, added, resettled } = await importInto(to, archive)
  assert.equal([added, resettled], [commits, false])
  assert.is(await archiveOf(to), archive)
  assert.is((await importInto(to, archive)).added, 0)
  const again = ledgerOver(to, 'memory:', { project: false })
  const [first] = stream(['osaka-1'], 1)
  assert.is((await again.handle(first)).outcome, 'duplicate')
  assert.is(
    (await again.handle({ ...first, id: 'new', type: 'item_found', payload: { itemUrl: urlOf('late') } }))
      .outcome,
    'recorded',
  )
})

test('a second run adds nothing, however little a log gives at once', async () => {
  const store = await filled()
  const read: Store['log']['read'] = (after, limit) => store.log.read(after, Math.min(limit, 2))
  const { added } = await importInto({ ...store, log: { ...store.log, read } }, await archiveOf(store))
  assert.is(added, 0)
})

test('an empty log has an archive too', async () => {
  const archive = await archiveOf(openSqlite(':memory:', { partitions: 2 }))
  assert.is((await importInto(openSqlite(':memory:', { partitions: 2 }), archive)).commits, 0)
})

test('with other partitions every history stays, the log verifies, and it is the same log each time', async () => {
  const from = await filled()
  const archive = await archiveOf(from)
  for (const partitions of [1, 3, 16]) {
    const [one, other] = [openSqlite(':memory:', { partitions }), openSqlite(':memory:', { partitions })]
    assert.ok((await importInto(one, archive)).resettled)
    await importInto(other, archive)
    // An export verifies.
    assert.is(await archiveOf(one), await archiveOf(other))
    assert.equal(await histories(one), await histories(from), `${partitions} partitions`)
    assert.is((await importInto(one, archive)).added, 0)
  }
})

test('killed at any batch, it goes on', async () => {
  const archive = await archiveOf(await filled())
  for (const partitions of [4, 3]) {
    const whole = openSqlite(':memory:', { partitions })
    await importInto(whole, archive)
    const to = openSqlite(':memory:', { partitions })
    let batches = 0
    const dying = (most: number, half: boolean): Store => ({
      ...to,
      log: {
        ...to.log,
        restore: async commits => {
          batches += 1
          if (batches <= most) return to.log.restore(commits)
          if (half) await to.log.restore(commits.filter((_, i) => i % 2 === 0))
          throw new StoreUnavailable('The store of the test', undefined)
        },
      },
    })
    for (const [most, half] of [
      [0, false],
      [0, true],
      [1, true],
    ] as const) {
      batches = 0
      const error = await failureOf(importInto(dying(most, half), archive))
      assert.instance(error, StoreUnavailable)
    }
    await importInto(to, archive)
    assert.is(await archiveOf(to), await archiveOf(whole))
  }
})

test('what is not whole is refused with its line, and nothing is written', async () => {
  const archive = await archiveOf(await filled())
  const lines = archive.split(/(?<=\n)/)
  const [last, second, third] = [lines.length - 1, lines[1] as string, lines[2] as string]
  const bad: readonly (readonly [string, readonly string[], number])[] = [
    ['empty', [], 1],
    ['no archive', ['{"some":"thing"}\n', ...lines.slice(1)], 1],
    ['of the future', [lines[0]?.replace('"format":2', '"format":3') as string, ...lines.slice(1)], 1],
    ['cut off between lines', lines.slice(0, 5), 5],
    ['cut off within a line', [...lines.slice(0, 5), (lines[5] as string).slice(0, 40)], 6],
    [
      'one character changed',
      [...lines.slice(0, 3), (lines[3] as string).replace('"at":"2', '"at":"3'), ...lines.slice(4)],
      4,
    ],
    ['one taken out', [...lines.slice(0, 2), ...lines.slice(3)], 3],
    ['two exchanged', [lines[0] as string, third, second, ...lines.slice(3)], 2],
    ['written differently', [lines[0] as string, second.replace('{', '{ '), ...lines.slice(2)], 2],
    ['the last commit taken out', [...lines.slice(0, last - 1), lines[last] as string], last],
    ['more behind the end', [...lines, second], last + 2],
    ['no line feed at the end', [...lines.slice(0, 4), (lines[4] as string).trimEnd()], 5],
  ]
  for (const [what, changed, line] of bad) {
    const to = openSqlite(':memory:', { partitions: 4 })
    const error = await failureOf(importInto(to, changed.join('')))
    assert.instance(error, ArchiveUnusable, what)
    assert.is((error as ArchiveUnusable).line, line, `${what}: ${(error as Error).message}`)
    assert.ok([...(await to.log.tails()).values()].every(tail => tail === 0))
  }
})

test('into a ledger that holds something else nothing is imported', async () => {
  const archive = await archiveOf(await filled())
  const longer = await filled()
  await handIn(longer, stream(['osaka-3'], 3))
  const other = openSqlite(':memory:', { partitions: 4 })
  await handIn(other, stream(['osaka-1'], 1))
  assert.instance(await failureOf(importInto(other, archive)), PlaceTaken)
  assert.instance(await failureOf(importInto(longer, archive)), OtherLog)
})

test('a log that does not verify is not exported', async () => {
  const store = await filled()
  const read: Store['log']['read'] = async (...args) =>
    (await store.log.read(...args)).map(commit =>
      commit.position === 3 ? { ...commit, server: 'somebody else' } : commit,
    )
  const written: string[] = []
  const error = await failureOf(
    (async () => {
      for await (const line of exportLog({ ...store, log: { ...store.log, read } }, { graceMs: 0 }))
        written.push(line)
    })(),
  )
  assert.instance(error, LogUnsound)
  assert.match((error as Error).message, 'position 3')
  assert.equal(written, [])
})

test('lines end at line feeds only, wherever chunks end', async () => {
  const text = 'a\u2028b\rc\n💧\n\nlast'
  async function* single() {
    for (const byte of Buffer.from(text)) yield Buffer.from([byte])
  }
  assert.equal(await collected(linesOf(single())), ['a\u2028b\rc\n', '💧\n', '\n', 'last'])
})

const server = mongoTestServer()
if (server !== undefined)
  test('between SQLite and MongoDB', async () => {
    const from = await filled()
    const archive = await archiveOf(from)
    for (const partitions of [4, 5]) {
      const to = await openMongo(await server.url(), `archive-${process.pid}-${partitions}`, { partitions })
      await importInto(to, archive)
      const back = openSqlite(':memory:', { partitions: 4 })
      await importInto(back, await archiveOf(to))
      if (partitions === 4) assert.is(await archiveOf(back), archive)
      assert.equal(await histories(back), await histories(from))
      await to.close()
    }
  })

test.run()

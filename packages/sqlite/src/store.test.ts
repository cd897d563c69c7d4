import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readable, type StoreError, StoreUnusable } from '@crawl-ledger/log'
import { conformance } from '@crawl-ledger/log/conformance'
import { suite } from 'uvu'
import { openDatabase } from './engine.js'
import { sqliteFixture, testFolder } from './fixture.js'
import { openSqlite } from './open.js'

const test = suite('sqlite')
conformance(sqliteFixture(), test)

const unusable =
  (...words: readonly string[]) =>
  (error: unknown): boolean => {
    assert(error instanceof StoreUnusable, String(error))
    for (const word of words) assert(error.message.includes(word), `“${error.message}” says “${word}”`)
    return true
  }

test('sqlite: events cannot be updated or deleted, not even past the store', async () => {
  const file = join(testFolder(), 'immutable.db')
  const store = openSqlite(file)
  await store.log.fill([{ partition: 0, position: 1 }])
  const db = openDatabase(file)
  assert.throws(() => db.exec('UPDATE events SET version = 2'), /append-only/)
  assert.throws(() => db.exec('DELETE FROM events'), /append-only/)
  db.close()
  assert.equal(readable(await store.log.read(new Map([[0, 0]]), 10))[0]?.version, 1)
  await store.close()
})

test('sqlite: a file that is no database is named', () => {
  const file = join(testFolder(), 'letter.db')
  writeFileSync(file, 'Dear reader, this is no database. '.repeat(10))
  assert.throws(() => openSqlite(file), unusable(file, 'STORE'))
})

test('sqlite: a folder that is missing is named, and so is one in the place of a file', () => {
  const folder = join(testFolder(), 'nowhere')
  assert.throws(() => openSqlite(join(folder, 'a.db')), unusable(`no folder ${folder}`, 'STORE'))
  assert.throws(() => openSqlite(testFolder()), unusable(testFolder(), 'STORE'))
})

test('sqlite: a ledger that does not fit is left as it is', () => {
  const file = join(testFolder(), 'newer.db')
  const db = openDatabase(file)
  db.exec('CREATE TABLE ledger (id TEXT PRIMARY KEY, format INTEGER, partitions INTEGER)')
  db.exec("INSERT INTO ledger VALUES ('ledger', 99, 16)")
  assert.throws(
    () => openSqlite(file),
    (error: StoreError) => error.code === 'ledger-mismatch',
  )
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['ledger'],
  )
  db.close()
})

test('sqlite: a database in memory is a ledger for as long as it is open', async () => {
  const [one, two] = [openSqlite(':memory:'), openSqlite(':memory:')]
  await one.log.fill([{ partition: 0, position: 1 }])
  assert.equal((await one.log.tails()).get(0), 1)
  assert.equal((await two.log.tails()).get(0), 0)
  await Promise.all([one.close(), two.close()])
})

test.run()

import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreUnusable } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { DamagedText, openDatabase } from './engine.js'
import { openSqlite } from './open.js'

const test = suite('the engine of SQLite')

test('it is new enough not to lose what two processes checkpoint', () => {
  const db = openDatabase(':memory:')
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const [major, minor, patch] = version.split('.').map(Number) as [number, number, number]
  assert(major * 1_000_000 + minor * 1000 + patch >= 3_051_003, version)
  db.close()
})

test('texts with a NUL are kept whole, and told apart', () => {
  const db = openDatabase(':memory:')
  db.exec('CREATE TABLE t (id TEXT PRIMARY KEY) WITHOUT ROWID')
  const insert = db.prepare('INSERT OR IGNORE INTO t (id) VALUES (?)')
  for (const id of ['a\0x', 'a\0y', 'a']) assert.equal(insert.run(id).changes, 1)
  assert.equal(insert.run('a\0y').changes, 0)
  const read = db.prepare('SELECT CAST(id AS BLOB) AS id FROM t WHERE id = ?')
  assert.deepEqual({ ...(read.get('a\0y') as object) }, { id: 'a\0y' })
  db.close()
})

test('a byte that is no UTF-8 is an error of its row, and of no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-engine-'))
  const path = join(folder, 'ledger.db')
  try {
    await openSqlite(path).close()
    const db = openDatabase(path)
    const insert = db.prepare('INSERT INTO media (id, v, position, body) VALUES (?, 1, 1, CAST(? AS TEXT))')
    insert.run('l/b/damaged', Buffer.from('{"itemId":"\xff"}', 'latin1'))
    insert.run('l/b/sound', '{"itemId":"ä"}')
    assert.throws(() => db.prepare('SELECT CAST(body AS BLOB) AS body FROM media').all(), DamagedText)
    db.close()
    const store = openSqlite(path)
    const [sound] = await store.views.load('media', ['l/b/sound'])
    assert.equal((sound as { itemId?: unknown } | undefined)?.itemId, 'ä')
    await assert.rejects(store.views.load('media', ['l/b/damaged']), (error: unknown) => {
      assert(error instanceof StoreUnusable)
      assert.match(error.message, /damaged row: body of a row is no UTF-8/)
      return true
    })
    await store.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('when it is closed all that was written is in the file itself, and a copy of that alone has it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-engine-'))
  try {
    const [path, copy] = [join(folder, 'ledger.db'), join(folder, 'copy.db')]
    const store = openSqlite(path)
    await store.log.fill([{ partition: 0, position: 1 }])
    await store.close()
    copyFileSync(path, copy)
    const copied = openSqlite(copy)
    assert.equal((await copied.log.tails()).get(0), 1)
    await copied.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()

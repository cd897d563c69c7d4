import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type Draft, sealer, voidCommit } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { openDatabase } from './engine.js'
import { testFolder } from './fixture.js'
import { openSqlite } from './open.js'

const test = suite('sqlite: a file of 0.1')

/** As 0.1 made it: a message's id once in a partition, and of the indexes on fields that of the status alone. */
const oldTables = `
DROP TABLE messages;
CREATE TABLE messages (
  partition INTEGER NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (partition, id)
) WITHOUT ROWID;
UPDATE ledger SET format = 1;
`

const digestOf = (id: string): string => `digest of ${JSON.stringify(id)}`

const draftOf = (
  stream: string,
  ids: readonly string[],
  previous?: { version: number; hash: string },
): Draft => ({
  partition: 0,
  stream,
  version: (previous?.version ?? 0) + 1,
  messages: ids.map(id => ({ id, handler: 'h', at: '2024-05-01T12:00:00.000Z', digest: digestOf(id) })),
  events: [],
  server: 's',
  prev: previous?.hash ?? '',
  after: 0,
  notBefore: '',
})

test('its messages are read from the log again, and their ids do not bind other workflows any more', async () => {
  const file = join(testFolder(), 'old.db')
  const before = openSqlite(file)
  const [landing] = await before.log.append([draftOf('l/a', ['1', 'n\u0000ul', "it's"])])
  assert(landing?.tag === 'landed')
  // More than are read at once.
  await before.log.append(Array.from({ length: 1200 }, (_, i) => draftOf(`l/b${i}`, [`b-${i}`])))
  await before.log.fill([{ partition: 0, position: 1202 }])
  await before.close()
  const db = openDatabase(file)
  const messages = db.prepare('SELECT partition, id, digest, position FROM messages').all()
  db.exec(oldTables)
  assert.throws(() => db.prepare('SELECT stream FROM messages').all())
  db.close()

  const { log, close } = openSqlite(file, { create: false })
  const known = (stream: string, id: string) => log.findMessages(0, stream, [id])
  for (const id of ['1', 'n\u0000ul', "it's"])
    assert.deepEqual(await known('l/a', id), [{ id, digest: digestOf(id), position: 1 }])
  assert.deepEqual(await known('l/b1199', 'b-1199'), [
    { id: 'b-1199', digest: digestOf('b-1199'), position: 1201 },
  ])
  assert.deepEqual(await known('l/c', '1'), [])
  const { stream } = voidCommit(sealer(), 0, 1202)
  assert.equal((await known(stream, stream)).length, 1)
  const [other, again] = await log.append([
    draftOf('l/c', ['1']),
    draftOf('l/a', ['1'], { version: 1, hash: landing.commit.hash }),
  ])
  assert.deepEqual([other?.tag, again?.tag], ['landed', 'taken'])
  await close()

  const reopened = openDatabase(file)
  const [{ format }] = reopened.prepare('SELECT format FROM ledger').all() as [{ format: number }]
  const now = reopened
    .prepare("SELECT partition, id, digest, position FROM messages WHERE stream <> 'l/c'")
    .all()
  reopened.close()
  assert.equal(format, 2)
  const text = (rows: readonly unknown[]) => rows.map(row => JSON.stringify(row)).sort()
  assert.deepEqual(text(now), text(messages))
})

test.run()

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError } from '../errors.js'
import { SpoolFile } from './spool-file.js'

const test = suite<{ folder: string }>('the file of a spool')

test.before.each(context => {
  context.folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-spool-'))
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true }))

const message = (seq: number, locationId = 'osaka-1') => ({
  seq,
  locationId,
  receivedAt: new Date(seq).toISOString(),
  message: `{"n":${seq}}`,
  context: '{}',
})

const refusal = (work: () => unknown): ConfigurationError => {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('gives back what it was given, in the order in which it was handed in', ({ folder }) => {
  const path = join(folder, 'spool.db')
  const file = SpoolFile.open(path, 'a')
  file.add([message(3), message(4, 'osaka-2')])
  file.add([message(1)])
  file.close()
  const again = SpoolFile.open(path, 'a')
  assert.equal(
    again.first(10, 1e6).map(({ seq }) => seq),
    [1, 3, 4],
  )
  assert.equal(again.first(1, 1e6), [message(1)])
  assert.equal(again.byLocation(), [
    { location: 'osaka-1', count: 2 },
    { location: 'osaka-2', count: 1 },
  ])
  assert.is(again.oldest(), message(1).receivedAt)
  assert.is(again.nextSeq(), 5, 'numbers go on')
  again.close()
})

test('gives few when they are large, and at least one', ({ folder }) => {
  const file = SpoolFile.open(join(folder, 'spool.db'), 'a')
  file.add([1, 2, 3].map(seq => ({ ...message(seq), message: 'x'.repeat(1000) })))
  assert.is(file.first(10, 1500).length, 2)
  assert.is(file.first(10, 1).length, 1)
  file.close()
})

test('what was refused is kept apart until it is forgotten', ({ folder }) => {
  const file = SpoolFile.open(join(folder, 'spool.db'), 'a')
  file.add([message(1), message(2), message(3)])
  const rejection = { code: 'id-reused', message: 'no' } as const
  file.settle({ done: [1], refused: [{ seq: 2, at: new Date(9).toISOString(), rejection }] }, [message(4)])
  assert.equal([file.waiting, file.refused], [2, 1])
  assert.equal(file.refusals(0, 10), [
    {
      seq: 2,
      receivedAt: new Date(2).toISOString(),
      refusedAt: new Date(9).toISOString(),
      message: { n: 2 },
      rejection,
    },
  ])
  assert.equal(file.refusals(2, 10), [])
  assert.is(file.forget([1, 2]), 1)
  assert.is(file.refused, 0)
  file.close()
})

test('belongs to one process, and is free when that closes it', ({ folder }) => {
  const path = join(folder, 'spool.db')
  const file = SpoolFile.open(path, 'a')
  assert.match(
    refusal(() => SpoolFile.open(path, 'a')).message,
    /^SPOOL: .*spool\.db is in use by another process/,
  )
  file.close()
  SpoolFile.open(path, 'a').close()
})

test('belongs to one store as long as messages wait for it', ({ folder }) => {
  const path = join(folder, 'spool.db')
  const file = SpoolFile.open(path, 'mongodb://a/b')
  file.add([message(1)])
  file.close()
  assert.match(
    refusal(() => SpoolFile.open(path, 'mongodb://c/d')).message,
    /holds messages for mongodb:\/\/a\/b/,
  )
  const again = SpoolFile.open(path, 'mongodb://a/b')
  again.settle({ done: [1], refused: [] }, [])
  again.close()
  SpoolFile.open(path, 'mongodb://c/d').close()
})

test('a file that cannot be used is one sentence that names the setting', ({ folder }) => {
  assert.match(
    refusal(() => SpoolFile.open(join(folder, 'no', 'x.db'), 'a')).message,
    /^SPOOL: .*there is no folder/,
  )
  const text = join(folder, 'text')
  writeFileSync(text, 'this is no database, but a text that is long enough to be taken for one'.repeat(20))
  assert.match(refusal(() => SpoolFile.open(text, 'a')).message, /^SPOOL: .*SQLITE_NOTADB/)
  assert.is(
    refusal(() => SpoolFile.open(text, 'a')).setting,
    'SPOOL',
    'the lock of a file that was refused is given back',
  )
})

test('a write that fails leaves nothing of it', ({ folder }) => {
  const file = SpoolFile.open(join(folder, 'spool.db'), 'a')
  file.add([message(1)])
  assert.throws(() => file.settle({ done: [1], refused: [] }, [message(2), message(2)]))
  assert.is(file.waiting, 1)
  assert.equal(file.first(10, 1e6), [message(1)])
  file.close()
})

test.run()

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '@crawl-ledger/sqlite/engine'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Tried, tryReading } from './reading.test-kit.js'

const test = suite('commands that read')

/** A folder of its own with `data` in it, and what is in that: names and bytes. */
const inFolder = async (use: (folder: string, data: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-reading-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  // Who owns nothing writes its archive here.
  chmodSync(folder, 0o777)
  try {
    await use(folder, data)
  } finally {
    chmodSync(data, 0o755)
    rmSync(folder, { recursive: true })
  }
}

const contents = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(folder)
    .sort()
    .map(name => [name, readFileSync(join(folder, name)).toString('base64')] as const)

/** Uses a ledger with the workflow l/b while it is open, and closes it. */
const withLedgerAt = async (path: string, use: () => Promise<void> = async () => {}): Promise<void> => {
  const ledger = await openLedger({ store: `sqlite:${path}`, partitions: 1 })
  try {
    const context = { locationId: 'l', batchId: 'b', stage: 'find-location' }
    await ledger.handle({ type: 'new_batch', context, payload: { locationId: 'l' } })
    await ledger.caughtUp()
    await use()
  } finally {
    await ledger.close()
  }
}

const readOnly = (folder: string): void => {
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444)
  chmodSync(folder, 0o555)
}

/** As a user who may not write: another one where this is root, whom no permission binds. */
const tryAsAnother = async (folder: string, path: string): Promise<readonly Tried[]> => {
  const known = join(folder, 'known.db')
  await withLedgerAt(known)
  const child = fileURLToPath(new URL('reading.child.test-kit.ts', import.meta.url))
  const args = [`sqlite:${known}`, `sqlite:${path}`, join(folder, 'archive.jsonl')]
  const running = spawn(process.execPath, ['--import', 'tsx', child, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [out] = await Promise.all([text(running.stdout), once(running, 'close')])
  return JSON.parse(out)
}

const allRight = (tried: readonly Tried[]): void => {
  for (const { args, code, error, out } of tried) assert.is(code, 0, `${args.join(' ')}: ${error ?? out}`)
}

const allRefused = (tried: readonly Tried[], sentence: RegExp): void => {
  for (const { args, error } of tried) assert.match(String(error), sentence, args.join(' '))
}

for (const mode of ['DELETE', 'WAL'])
  test(`another program's file stays as it is, byte by byte (${mode})`, () =>
    inFolder(async (folder, data) => {
      const path = join(data, 'other.db')
      const db = openDatabase(path)
      db.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE ledger (id TEXT, balance REAL)`)
      if (mode === 'WAL') db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      db.close()
      const before = readFileSync(path)
      allRefused(
        await tryReading(`sqlite:${path}`, join(folder, 'a.jsonl')),
        /^no-ledger: .* holds no ledger/,
      )
      assert.ok(readFileSync(path).equals(before))
      if (mode === 'DELETE') assert.equal(readdirSync(data), ['other.db'])
    }))

test('a file that is not there is not made', () =>
  inFolder(async (folder, data) => {
    allRefused(await tryReading(`sqlite:${join(data, 'a.db')}`, join(folder, 'a.jsonl')), /^no-ledger: /)
    assert.equal(readdirSync(data), [])
  }))

test('they change nothing in a ledger', () =>
  inFolder(async (folder, data) => {
    const path = join(data, 'a.db')
    await withLedgerAt(path)
    const before = readFileSync(path)
    allRight(await tryReading(`sqlite:${path}`, join(folder, 'a.jsonl')))
    assert.ok(readFileSync(path).equals(before))
  }))

test('a user who may only read can run them, in a folder that may only be read, and leaves nothing there', () =>
  inFolder(async (folder, data) => {
    const path = join(data, 'a.db')
    const made = join(folder, 'made.db')
    await withLedgerAt(made)
    copyFileSync(made, path)
    readOnly(data)
    const before = contents(data)
    allRight(await tryAsAnother(folder, path))
    assert.equal(contents(data), before)
    assert.ok(existsSync(join(folder, 'archive.jsonl')))
  }))

test('a user who may only read can run them while a service has the file open', () =>
  inFolder(async (folder, data) => {
    const path = join(data, 'a.db')
    await withLedgerAt(path, async () => {
      const before = contents(data)
      allRight(await tryAsAnother(folder, path))
      assert.equal(contents(data), before)
    })
  }))

test('where a service was killed, what such a user cannot read is named', () =>
  inFolder(async (folder, data) => {
    const path = join(data, 'a.db')
    const made = join(folder, 'made.db')
    // As a service that was killed leaves it: the log is in the -wal, and the file holds nothing.
    await withLedgerAt(made, async () => {
      for (const suffix of ['', '-wal']) copyFileSync(made + suffix, path + suffix)
    })
    readOnly(data)
    const before = contents(data)
    allRefused(
      await tryAsAnother(folder, path),
      /^store-unusable: .* cannot be read\. A part of it is in .*-wal/,
    )
    assert.equal(contents(data), before)
  }))

test('where such a user finds a ledger of an older version, what is to be run first is named', () =>
  inFolder(async (folder, data) => {
    const path = join(data, 'a.db')
    const made = join(folder, 'made.db')
    await withLedgerAt(made)
    const db = openDatabase(made)
    db.exec('UPDATE ledger SET format = 1; PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    copyFileSync(made, path)
    readOnly(data)
    allRefused(
      await tryAsAnother(folder, path),
      /^store-unusable: .* run crawl-replay status once as a user who may/,
    )
  }))

test('a user who may not even read is told so', () =>
  inFolder(async (folder, data) => {
    const path = join(data, 'a.db')
    const made = join(folder, 'made.db')
    await withLedgerAt(made)
    copyFileSync(made, path)
    chmodSync(path, 0)
    allRefused(await tryAsAnother(folder, path), /^store-unusable: .* cannot be read\. Let this user read it/)
  }))

test.run()

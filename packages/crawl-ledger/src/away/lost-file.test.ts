import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '@crawl-ledger/sqlite'
import { damageTable, deleteDatabase, emptyDatabase, moveDatabase } from '@crawl-ledger/sqlite/file-faults'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Ledger, Receipt } from '../index.js'
import { batchContext } from '../messages.test-kit.js'
import { type LedgerParts, ledgerOver } from '../open-ledger.js'
import { SpoolFile } from '../spool/spool-file.js'
import { until } from './away.test-kit.js'

const test = suite('the file under a ledger')

interface Scene {
  readonly folder: string
  readonly path: string
  readonly ledger: Ledger
  readonly lines: readonly string[]
}

let told = 0

const tell = (ledger: Ledger): Promise<Receipt> => {
  told += 1
  const context = batchContext({ locationId: `osaka-${told % 5}` })
  return ledger.handle({ id: `m${told}`, type: 'error', context, payload: { error: String(told) } })
}

/** A ledger in a folder of its own. The file may be made, and be opened under another path. */
const scene = async (
  use: (scene: Scene) => Promise<void>,
  { before, ...parts }: Partial<LedgerParts> & { readonly before?: (path: string) => string } = {},
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-lost-'))
  mkdirSync(join(folder, 'data'))
  const path = join(folder, 'data', 'crawl.db')
  const lines: string[] = []
  const note = (fields: object, message: string): void => {
    lines.push(`${message}: ${JSON.stringify(fields)}`)
  }
  const logger = { info: note, warn: note, error: note }
  try {
    await openSqlite(path, { partitions: 2 }).close()
    const store = openSqlite(before?.(path) ?? path)
    const ledger = ledgerOver(store, 'the store', { project: false, logger, ...parts })
    try {
      assert.is((await tell(ledger)).outcome, 'recorded')
      await use({ folder, path, ledger, lines })
    } finally {
      await ledger.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const most = 2000

/** One message after the other, until one is not recorded; so many were. */
const recordedBefore = async (ledger: Ledger): Promise<number> => {
  for (let count = 0; count < most; count += 1) if ((await tell(ledger)).outcome !== 'recorded') return count
  return most
}

/** What has a receipt, and perhaps the one that was under way: it is told again. */
const holds = async (path: string, recorded: number): Promise<void> => {
  const found = await commitsIn(path)
  assert.ok(found === recorded || found === recorded + 1, `${found} commits of ${recorded}`)
}

const commitsIn = async (path: string): Promise<number> => {
  const store = openSqlite(path)
  try {
    return [...(await store.log.tails()).values()].reduce((sum, tail) => sum + tail, 0)
  } finally {
    await store.close()
  }
}

const faults: { readonly [what: string]: (path: string, folder: string) => void } = {
  'was deleted or moved': deleteDatabase,
  'was deleted or moved, ': path => moveDatabase(path, `${path}-moved`),
  'was deleted or moved, with its folder': (_path, folder) =>
    renameSync(join(folder, 'data'), join(folder, 'elsewhere')),
  'was replaced': (path, folder) => {
    const other = join(folder, 'other.db')
    void openSqlite(other).close()
    moveDatabase(path, join(folder, 'old.db'))
    moveDatabase(other, path)
  },
  'was emptied': emptyDatabase,
  'lost the file .*-wal': path => unlinkSync(`${path}-wal`),
  'lost the file .*-shm': path => unlinkSync(`${path}-shm`),
}

for (const [what, fault] of Object.entries(faults))
  test(`it ${what}: that is named, and nothing more is recorded`, () =>
    scene(async ({ folder, path, ledger, lines }) => {
      fault(path, folder)
      assert.ok((await recordedBefore(ledger)) < most, 'it is noticed')
      for (let i = 0; i < 20; i += 1) assert.equal(await tell(ledger), { outcome: 'unavailable' })
      assert.match(
        lines.join('\n'),
        new RegExp(`the store is away: .*${what.split(',')[0]}.* while it was open`),
      )
      const error = await ledger.ping().then(
        () => undefined,
        (error: unknown) => error as Error & { code: string; cause: { code: string } },
      )
      assert.equal([error?.code, error?.cause.code], ['store-unavailable', 'store-lost'])
      assert.match(String(error?.message), /Nothing more is recorded/)
    }))

test('a link that leads to another file is a file that was replaced', () =>
  scene(
    async ({ folder, ledger, path }) => {
      const link = join(folder, 'link.db')
      const other = join(folder, 'other.db')
      await openSqlite(other).close()
      unlinkSync(link)
      symlinkSync(other, link)
      const recorded = await recordedBefore(ledger)
      assert.ok(recorded < most)
      await holds(path, recorded + 1)
      assert.is(await commitsIn(other), 0)
    },
    {
      before: path => {
        const link = join(path, '..', '..', 'link.db')
        symlinkSync(path, link)
        return link
      },
    },
  ))

test('a file that is put back goes on, and holds what has a receipt', () =>
  scene(async ({ folder, path, ledger }) => {
    const away = join(folder, 'away', 'crawl.db')
    moveDatabase(path, away)
    const recorded = await recordedBefore(ledger)
    assert.ok(recorded < most)
    await holds(away, recorded + 1)
    moveDatabase(away, path)
    await until('the store is back', () => !ledger.isAway)
    assert.is((await tell(ledger)).outcome, 'recorded')
    await holds(path, recorded + 2)
  }))

test('with a spool the messages wait on the disk, and are recorded when the file is back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-lost-spool-'))
  try {
    await scene(
      async ({ path, ledger }) => {
        moveDatabase(path, `${path}-away`)
        const recorded = await recordedBefore(ledger)
        assert.ok(recorded < most)
        assert.is((await tell(ledger)).outcome, 'spooled')
        moveDatabase(`${path}-away`, path)
        await until('an empty spool', () => ledger.spool?.status().messages === 0)
        assert.is(await commitsIn(path), recorded + 3)
      },
      { spoolFile: SpoolFile.open(join(folder, 'spool.db'), 'the store') },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

for (const suffix of ['-wal', '-shm'])
  test(`what was recorded before ${suffix} was deleted is there after an orderly end`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-lost-wal-'))
    const path = join(folder, 'crawl.db')
    try {
      const ledger = ledgerOver(openSqlite(path), 'the store', { project: false })
      for (let i = 0; i < 10; i += 1) await tell(ledger)
      unlinkSync(path + suffix)
      const recorded = await recordedBefore(ledger)
      await ledger.close()
      assert.ok(recorded < most)
      await holds(path, recorded + 10)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

test('once the engine says that the file is damaged, nothing more is recorded into it', async () => {
  let damage = (): void => {}
  await scene(
    async ({ ledger, lines }) => {
      damage()
      const error = await ledger.media.find({ locationId: 'osaka-1', batchId: 'b' }).then(
        () => undefined,
        (error: unknown) => error as Error & { code: string },
      )
      assert.is(error?.code, 'store-unusable')
      assert.match(String(error?.message), /is damaged \(SQLITE_CORRUPT\)\. Nothing more is recorded/)
      for (let i = 0; i < 20; i += 1) assert.equal(await tell(ledger), { outcome: 'unavailable' })
      assert.match(lines.join('\n'), /the store is away: .* is damaged/)
    },
    {
      before: path => {
        damage = damageTable(path, 'media')
        return path
      },
    },
  )
})

test.run()

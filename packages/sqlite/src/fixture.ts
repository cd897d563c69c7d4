import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fixture, Reopen } from '@crawl-ledger/log/conformance'
import { openDatabase } from './engine.js'
import { openSqlite } from './open.js'

const fileOf = (folder: string, ledger: string): string => join(folder, `${ledger}.db`)

/** Opens a ledger of the fixture in another process. */
export const reopen: Reopen = async (folder, ledger) => openSqlite(fileOf(folder, ledger))

let known: string | undefined

/** A folder of this process's own, which is removed when it ends. */
export const testFolder = (): string => {
  if (known !== undefined) return known
  const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  known = folder
  return folder
}

/** A SQLite file for each ledger. */
export const sqliteFixture = (): Fixture => {
  const folder = testFolder()
  return {
    name: 'sqlite',
    open: async (ledger, options = {}) => openSqlite(fileOf(folder, ledger), options),
    elsewhere: async () => ({ module: import.meta.url, location: folder }),
    setFormat: async (ledger, format) => {
      const db = openDatabase(fileOf(folder, ledger))
      db.prepare('UPDATE ledger SET format = ?').run(format)
      db.close()
    },
    formatOf: async ledger => {
      const db = openDatabase(fileOf(folder, ledger))
      const [row] = db.prepare('SELECT format FROM ledger').all() as { format: number }[]
      db.close()
      return row?.format
    },
    remove: async ledger => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(fileOf(folder, ledger) + suffix, { force: true })
    },
    capabilities: { holes: false, sequencer: false, wholeFolds: true, refuses: [] },
  }
}

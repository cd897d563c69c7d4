import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import { openDatabase } from '@crawl-ledger/sqlite/engine'
import { MongoClient } from 'mongodb'
import * as assert from 'uvu/assert'
import { archiveFile, databaseBytes, expected } from './fixture-0.1.test-kit.js'
import { runHere } from './in-process.test-kit.js'

/** Where a test keeps its files; it is removed with the process. */
export const folder = mkdtempSync(join(tmpdir(), 'crawl-replay-0.1-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const server = mongoTestServer()

/** A ledger that a test runs on, by its store's URL. */
export interface Place {
  readonly name: string
  /** Of the ledger; 16 in 0.1's. */
  readonly partitions: number
  make(): Promise<string>
  formatOf(url: string): Promise<number | undefined>
  remove(url: string): Promise<void>
}

const pathOf = (url: string): string => url.slice('sqlite:'.length)

const inSqlite = (name: string, partitions: number, make: Place['make']): Place => ({
  name,
  partitions,
  make,
  formatOf: async url => {
    const db = openDatabase(pathOf(url))
    try {
      return (db.prepare('SELECT format FROM ledger').get() as { format: number }).format
    } finally {
      db.close()
    }
  },
  remove: async url => rmSync(pathOf(url)),
})

let copies = 0

/** 0.1's own file, as nobody has opened it since. Each has a name of its own: a -wal file that is left spoils a copy. */
export const copy = async (): Promise<string> => {
  copies += 1
  const path = join(folder, `copy-${copies}.db`)
  writeFileSync(path, databaseBytes())
  return `sqlite:${path}`
}

const imported = async (url: string, partitions: number): Promise<string> => {
  process.env.PARTITIONS = String(partitions)
  try {
    const { code, out } = await runHere(['import', archiveFile, '--store', url, '--json'])
    assert.equal(
      [code, JSON.parse(out)],
      [0, { commits: expected.commits, added: expected.commits, resettled: partitions !== 16 }],
    )
    return url
  } finally {
    delete process.env.PARTITIONS
  }
}

const archiveInSqlite = (partitions: number): Place =>
  inSqlite(`the archive in SQLite, ${partitions} partitions`, partitions, () =>
    imported(`sqlite:${join(folder, `${partitions}.db`)}`, partitions),
  )

const withClient = async <A>(use: (client: MongoClient) => Promise<A>): Promise<A> => {
  const client = new MongoClient((await server?.url()) ?? '')
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

const archiveInMongo = (partitions: number): Place => {
  const database = `crawl-replay-${process.pid}-${partitions}`
  return {
    name: `the archive in MongoDB, ${partitions} partitions`,
    partitions,
    make: async () => {
      const url = new URL((await server?.url()) ?? '')
      url.pathname = `/${database}`
      return imported(url.href, partitions)
    },
    formatOf: () =>
      withClient(async client => (await client.db(database).collection('ledger').findOne())?.format),
    remove: () =>
      withClient(async client => {
        await client.db(database).dropDatabase()
      }),
  }
}

export const places = [
  inSqlite('its file', 16, copy),
  archiveInSqlite(16),
  archiveInSqlite(3),
  ...(server === undefined ? [] : [archiveInMongo(16), archiveInMongo(7)]),
]

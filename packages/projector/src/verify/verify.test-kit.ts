import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonical, crawl, type Json } from '@crawl-ledger/domain'
import { type Commit, type Store, sealer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { openDatabase, type Value } from '@crawl-ledger/sqlite/engine'
import { NEVER } from 'rxjs'
import { readBuild } from '../build.js'
import { readCheckpoints } from '../checkpoints.js'
import { Projector } from '../projector.js'
import { until, write } from '../projector.test-kit.js'
import type { Verification } from './finding.js'

const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-verify-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** A ledger in a file, and the file itself, to damage it. */
export interface Damageable {
  readonly store: Store
  /** What stands at a position of partition 0. */
  at(position: number): Commit
  /** Puts a commit in the place of what stands at a position of partition 0, or puts it in. */
  put(position: number, commit: Commit): void
  remove(from: number, to?: number): void
  /** Exchanges two places. */
  exchange(a: number, b: number): void
  sql(text: string, ...values: readonly Value[]): void
}

/** Brings the views to the end of the log, and stops. */
export const project = async (store: Store): Promise<void> => {
  const projector = new Projector(store, { projection: crawl, signal: NEVER })
  await until(async () => {
    const checkpoints = await readCheckpoints(
      store.views,
      await readBuild(store, crawl),
      store.log.partitions,
    )
    return [...(await store.log.tails())].every(([p, end]) => checkpoints.get(p)?.position === end)
  })
  await projector.stop()
}

const bodyOf = ({ prev: _prev, hash: _hash, ...body }: Commit): string => canonical(body as unknown as Json)

/** A commit as a writer would have sealed it at this place, whatever was changed in it. */
export const resealed = (commit: Commit, auditKey?: string): Commit =>
  sealer(auditKey)({ ...commit, after: 0, notBefore: '' }, commit.position, commit.at).commit

/** 36 commits of six workflows in three locations, folded. */
export const ledger = async (
  options: { partitions?: number; auditKey?: string } = {},
): Promise<Damageable> => {
  files += 1
  const path = join(folder, `${files}.db`)
  const store = openSqlite(path, { partitions: 1, ...options })
  await write(store)
  await project(store)
  const db = openDatabase(path)
  db.exec('DROP TRIGGER events_are_not_updated; DROP TRIGGER events_are_not_deleted')
  const sql = (text: string, ...values: readonly Value[]) => {
    db.prepare(text).run(...values)
  }
  const at = (position: number): Commit => {
    const row = db
      .prepare('SELECT body, prev, hash FROM events WHERE partition = 0 AND position = ?')
      .get(position) as { body: string; prev: string; hash: string }
    return { ...JSON.parse(row.body), prev: row.prev, hash: row.hash }
  }
  return {
    store,
    at,
    sql,
    put: (position, commit) => {
      const { partition, stream, version, prev, hash } = commit
      sql('DELETE FROM events WHERE partition = 0 AND position = ?', position)
      sql(
        'INSERT INTO events (partition, position, stream, version, prev, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
        partition,
        position,
        stream,
        version,
        prev,
        hash,
        bodyOf(commit),
      )
    },
    remove: (from, to = from) =>
      sql('DELETE FROM events WHERE partition = 0 AND position BETWEEN ? AND ?', from, to),
    exchange: (a, b) => {
      const move = 'UPDATE events SET position = ? WHERE partition = 0 AND position = ?'
      sql(move, 1_000_000, a)
      sql(move, a, b)
      sql(move, b, 1_000_000)
    },
  }
}

/** All findings, in order, and the summary. */
export const all = async <F, S>({ findings, summary }: Verification<F, S>): Promise<[readonly F[], S]> => {
  const found: F[] = []
  for await (const finding of findings) found.push(finding)
  return [found, summary()]
}

/** A workflow's commits from a position on, hashed anew one after the other, as who hides a change would do it. */
export const rehash = ({ at, put }: Damageable, from: Commit, last: number): void => {
  let before = resealed(from)
  put(before.position, before)
  for (let position = from.position + 1; position <= last; position += 1) {
    const commit = at(position)
    if (commit.stream !== from.stream) continue
    before = resealed({ ...commit, prev: before.hash })
    put(position, before)
  }
}

/** The only element. */
export const only = <A>(list: readonly A[]): A => {
  assert.equal(list.length, 1, JSON.stringify(list))
  return list[0] as A
}

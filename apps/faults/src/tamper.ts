import { type Commit, commitId, type Log, readable } from '@crawl-ledger/log'
import { openDatabase } from '@crawl-ledger/sqlite/engine'
import { openStore } from 'crawl-ledger/store'
import { MongoClient } from 'mongodb'

/** Removes all commits of a partition past the store. */
const clear = async (url: string, partition: number): Promise<void> => {
  if (url.startsWith('sqlite:')) {
    const db = openDatabase(url.slice('sqlite:'.length))
    // Opening the ledger makes it again.
    db.exec('DROP TRIGGER events_are_not_deleted')
    db.prepare('DELETE FROM messages WHERE partition = ?').run(partition)
    db.prepare('DELETE FROM events WHERE partition = ?').run(partition)
    db.close()
    return
  }
  const client = new MongoClient(url)
  await client.db().collection('events').deleteMany({ partition })
  await client.close()
}

/** One reading may end before the log does. */
const allOf = async (log: Log, partition: number): Promise<readonly Commit[]> => {
  const end = (await log.tails()).get(partition) ?? 0
  const commits: Commit[] = []
  for (let last = 0; last < end; last = commits.at(-1)?.position ?? end)
    commits.push(...readable(await log.read(new Map([[partition, last]]), 1000)))
  return commits
}

/** Puts other commits in the place of those of a partition, as nobody may, and gives those that were there. */
export const tamper = async (
  url: string,
  partition: number,
  change: (commits: readonly Commit[]) => readonly Commit[],
): Promise<readonly Commit[]> => {
  const { store } = await openStore({ store: url, create: false })
  try {
    const before = await allOf(store.log, partition)
    await clear(url, partition)
    await store.log.restore(change(before))
    return before
  } finally {
    await store.close()
  }
}

/** A commit at another place, with the hash that it had. */
export const movedTo = (commit: Commit, position: number): Commit => ({
  ...commit,
  _id: commitId(commit.partition, position),
  position,
})

import { type Draft, partitionOf, readable, type Store } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { collected } from '../messages.test-kit.js'
import { exportLog } from './export-log.js'
import { importLog } from './import-log.js'
import { checkArchive } from './read-archive.js'

const test = suite('archive: locations that number their messages')
const at = '2024-05-01T12:00:00.000Z'
const locations = Array.from({ length: 40 }, (_, i) => `place-${i}`)
const partitions = 64

/** A log in which each of forty locations has messages named 1, 2 and 3. */
const filled = async (): Promise<Store> => {
  const store = openSqlite(':memory:', { partitions })
  let drafts = locations.map(
    (location): Draft => ({
      partition: partitionOf(location, partitions),
      stream: `${location}/b`,
      version: 1,
      messages: [{ id: '1', handler: 'h', at, digest: 'd' }],
      events: [],
      server: 's',
      prev: '',
      after: 0,
      notBefore: '',
    }),
  )
  for (const next of [2, 3, 4]) {
    const landings = await store.log.append(drafts)
    drafts = drafts.map((draft, i) => {
      const landing = landings[i]
      assert.ok(landing?.tag === 'landed', JSON.stringify(landing))
      const messages = draft.messages.map(message => ({ ...message, id: String(next) }))
      return { ...draft, version: next, messages, prev: landing.commit.hash, after: landing.commit.position }
    })
  }
  return store
}

/** How many messages each stream has, by its name. */
const messagesOf = async ({ log }: Store): Promise<ReadonlyMap<string, string>> => {
  const told = new Map<string, string>()
  for (let partition = 0; partition < log.partitions; partition += 1)
    for (const { stream, messages } of readable(await log.read(new Map([[partition, 0]]), 10_000)))
      told.set(stream, `${told.get(stream) ?? ''}${messages.map(({ id }) => id)}`)
  return told
}

test('into any number of partitions nothing of them is lost', async () => {
  const archive = (await collected(exportLog(await filled(), { graceMs: 0 }))).join('')
  const read = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(archive)
  }
  const checked = await checkArchive(read(), undefined)
  for (const partitions of [1, 2, 16, 64]) {
    const store = openSqlite(':memory:', { partitions })
    const { added } = await importLog(store, checked, read)
    assert.is(added, 120)
    const told = await messagesOf(store)
    assert.equal([told.size, new Set(told.values())], [40, new Set(['123'])])
    assert.is((await importLog(store, checked, read)).added, 0)
  }
})

test.run()

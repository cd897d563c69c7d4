import { strict as assert } from 'node:assert'
import { crawl, type StoredEvent } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { CommitUnreadable } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { NEVER } from 'rxjs'
import { suite } from 'uvu'
import { Projector } from './projector.js'
import { until } from './projector.test-kit.js'
import { discardHeld, heldCommits, NotHeld, retryHeld } from './quarantine.js'

const test = suite('quarantine')

/** A partition that stopped at a commit which a newer program wrote. */
const stopped = async (): Promise<Store> => {
  const store = openSqlite(':memory:', { partitions: 1 })
  const at = '2024-05-01T12:00:00.000Z'
  const event: StoredEvent = { type: 'ItemFound', v: 99, at, data: {}, message: 0 }
  const [landing] = await store.log.append([
    {
      partition: 0,
      stream: 'osaka-1/a',
      version: 1,
      messages: [{ id: '1', handler: 'test', at, digest: '' }],
      events: [event],
      server: 'test',
      prev: '',
      after: 0,
      notBefore: '',
    },
  ])
  assert.equal(landing?.tag, 'landed')
  const projector = new Projector(store, { projection: crawl, signal: NEVER })
  await until(async () => (await heldCommits(store, crawl)).length > 0)
  await projector.stop()
  return store
}

test('a commit that this program cannot read either is neither let go nor left out', async () => {
  const store = await stopped()
  for (const release of [retryHeld, discardHeld])
    await assert.rejects(release(store, crawl, 0, 1), CommitUnreadable)
  const held = await heldCommits(store, crawl)
  assert.deepEqual(
    held.map(({ position, holds }) => [position, holds]),
    [[1, 'partition']],
  )
})

test('where nothing is held back there is nothing to be tried again', async () => {
  const store = await stopped()
  await assert.rejects(retryHeld(store, crawl, 0, 2), NotHeld)
})

test.run()

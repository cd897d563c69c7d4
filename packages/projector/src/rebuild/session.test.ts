import { strict as assert } from 'node:assert'
import { crawl } from '@crawl-ledger/domain'
import type { Leases } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { suite } from 'uvu'
import { rebuildLease } from '../build.js'
import { withClock } from '../clock.test-kit.js'
import { FakeLeases } from '../leases.test-kit.js'
import { gate } from '../projector.test-kit.js'
import { whileAlone } from './session.js'

const test = suite('who rebuilds')

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('a renewal that arrives late does not keep the next one out', async () => {
  const held = new FakeLeases()
  const arrives = gate()
  const ends = gate()
  let takes = 0
  const take: Leases['take'] = async (...args) => {
    takes += 1
    if (takes > 1) await arrives.opened
    return held.take(...args)
  }
  const leases: Leases = {
    list: prefix => held.list(prefix),
    take,
    release: (...args) => held.release(...args),
  }
  await withClock(async ({ tick }) => {
    const alone = whileAlone({ ...openSqlite(':memory:'), leases }, crawl, 'the first', () => ends.opened)
    await turn()
    tick(60_000)
    assert.equal(takes, 2)
    ends.open()
    await turn()
    arrives.open()
    await alone
    await turn()
  })
  assert.equal(held.owner(rebuildLease(crawl.name)), undefined)
})

test.run()

import { openSqlite } from '@crawl-ledger/sqlite'
import { firstValueFrom, takeWhile, toArray } from 'rxjs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Absence, switched, until } from './away/away.test-kit.js'
import type { RecordedEvent } from './index.js'
import { batchContext, withLedger } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'

const test = suite('changes')

const begun = (batchId: string) => ({
  type: 'new_batch',
  context: batchContext({ locationId: 'l', batchId, stage: 'find-location' }),
  payload: { locationId: 'l' },
})

const streamsOf = (events: readonly RecordedEvent[]): readonly string[] => [
  ...new Set(events.map(({ stream }) => stream)),
]

const keyOf = ({ partition, position, event }: RecordedEvent): string =>
  `${partition}:${position}:${event.type}:${JSON.stringify(event.data)}`

test('after positions that are known come all that followed', () =>
  withLedger({ store: 'memory:' }, async ledger => {
    for (const batchId of ['a', 'b', 'c']) await ledger.handle(begun(batchId))
    const upTo = (after: ReadonlyMap<number, number>) =>
      firstValueFrom(
        ledger.changes({ after }).pipe(
          takeWhile(({ stream }) => stream !== 'l/c'),
          toArray(),
        ),
      )
    const all = await upTo(new Map())
    assert.equal(streamsOf(all), ['l/a', 'l/b'])
    const { partition, position } = all[0] as RecordedEvent
    assert.equal(streamsOf(await upTo(new Map([[partition, position]]))), ['l/b'])
  }))

for (const how of ['refuses', 'hangs'] satisfies readonly Absence[])
  test(`a store that ${how} for a while costs no event, and each comes once`, async () => {
    const base = openSqlite(':memory:', { partitions: 2 })
    const writing = ledgerOver({ ...base, close: async () => {} }, 'the store', { project: false })
    const away = switched(base)
    const patience = { patienceMs: 10, pingMs: 50, callMs: 500 }
    const ledger = ledgerOver(away.store, 'the store', { project: false, patience })
    const seen: RecordedEvent[] = []
    let completed = false
    ledger.changes({ after: new Map() }).subscribe({
      next: one => seen.push(one),
      complete: () => {
        completed = true
      },
    })
    try {
      for (let i = 0; i < 4; i += 1) {
        away.leave(how)
        await writing.handle(begun(`away-${i}`))
        await until('known to be away', () => ledger.isAway)
        away.comeBack()
        await writing.handle(begun(`back-${i}`))
        await until('all events', () => streamsOf(seen).length === 2 * (i + 1))
      }
      assert.is(new Set(seen.map(keyOf)).size, seen.length)
    } finally {
      await writing.close()
      await ledger.close()
    }
    assert.ok(completed, 'closing ends it')
  })

test.run()

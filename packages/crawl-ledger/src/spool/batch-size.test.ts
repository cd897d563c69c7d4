import { StoreUnavailable } from '@crawl-ledger/log'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../away/away.test-kit.js'
import { batchContext } from '../messages.test-kit.js'
import { ledgerOver } from '../open-ledger.js'
import { mostAtOnce, sizeAfter } from './batch-size.js'
import { scene, stores } from './spool.test-kit.js'
import { SpoolFile } from './spool-file.js'

const test = suite('how much is drained at a time')

test('a batch that takes long is halved, down to a few, and one that does not is doubled, up to the most', () => {
  assert.is(sizeAfter(500, 2001), 250)
  assert.is(sizeAfter(250, Number.POSITIVE_INFINITY), 125)
  assert.is(sizeAfter(9, 2001), 8)
  assert.is(sizeAfter(8, 2001), 8)
  assert.is(sizeAfter(8, 2000), 16)
  assert.is(sizeAfter(400, 0), mostAtOnce)
})

const numbered = (n: number) => ({
  id: `m${n}`,
  type: 'error',
  context: batchContext({ locationId: 'osaka-1' }),
  payload: { error: String(n) },
})

for (const [name, withStore] of stores)
  test(`${name}: a spool drains into a store that answers only small batches`, () =>
    withStore(async base => {
      await scene(
        use => use(base),
        async set => {
          const first = set.open()
          set.leave('refuses')
          await until('known to be away', () =>
            first.handle(numbered(0)).then(({ outcome }) => outcome === 'spooled'),
          )
          const receipts = await Promise.all(
            Array.from({ length: 100 }, (_, i) => first.handle(numbered(i + 1))),
          )
          assert.ok(receipts.every(({ outcome }) => outcome === 'spooled'))
          await first.close()

          const sizes: number[] = []
          const append: typeof base.log.append = async drafts => {
            const size = drafts.reduce((sum, { messages }) => sum + messages.length, 0)
            sizes.push(size)
            if (size > 40) throw new StoreUnavailable('the store', undefined)
            return base.log.append(drafts)
          }
          const ledger = ledgerOver(
            { ...base, log: { ...base.log, append }, close: async () => {} },
            'the store',
            { project: false, retryForMs: 50, spoolFile: SpoolFile.open(set.spoolFile, 'the store') },
          )
          try {
            await until('an empty spool', () => ledger.spool?.status().messages === 0)
          } finally {
            await ledger.close()
          }
          assert.ok(Math.max(...sizes) > 40)
          const tails = await base.log.tails()
          assert.ok([...tails.values()].some(position => position > 0))
          const known = await base.log.findMessages(
            [...tails].find(([, position]) => position > 0)?.[0] ?? 0,
            'osaka-1/b',
            receipts.map((_, i) => `m${i + 1}`),
          )
          assert.is(known.length, receipts.length)
        },
      )
    }))

test.run()

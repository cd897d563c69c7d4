import { setImmediate as turn } from 'node:timers/promises'
import { type Receipt, WorkflowTracker } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { discover } from './discover.js'
import type { Sources } from './sources.js'

const test = suite('discover')

test('a report that fails while more is searched for ends the search, and not the process', async () => {
  const sources: Pick<Sources, 'find'> = {
    async *find() {
      yield { item: { itemUrl: 'https://example.org/1.png', itemType: 'image' } }
      // A page that takes its time: long enough for the report to fail meanwhile.
      for (let i = 0; i < 10; i += 1) await turn()
    },
  }
  let unheard: unknown
  const hear = (error: unknown): void => {
    unheard = error
  }
  process.on('unhandledRejection', hear)
  const failure = new Error('refused')
  const parts = {
    sources: sources as Sources,
    report: async (): Promise<Receipt> => {
      throw failure
    },
    signal: new AbortController().signal,
  }
  const metadata = { inputQueries: ['https://example.org/'] }
  const batch = WorkflowTracker.createBatchContext({ locationId: 'l', batchId: 'b', metadata })
  // The search is what comes next.
  const context = { ...batch, completedStages: ['find-location', 'control'] }
  const error: unknown = await discover(context, parts).catch((reason: unknown) => reason)
  process.off('unhandledRejection', hear)
  assert.is(error, failure)
  assert.is(unheard, undefined)
})

test.run()

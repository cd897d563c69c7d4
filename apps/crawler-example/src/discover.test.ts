import { setImmediate as turn } from 'node:timers/promises'
import { openLedger, type Receipt, WorkflowTracker } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { searchContextOf } from './batch.js'
import { discover } from './discover.js'
import { newBatch } from './new-batch.js'
import type { Sources } from './sources.js'
import { kept } from './store-away.js'
import { Trouble } from './trouble.js'

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

test('a search that broke off tells nothing new when it is done again, but for its end', async () => {
  const ledger = await openLedger({ store: 'memory:' })
  const batch = { locationId: 'l', batchId: 'b', queries: ['https://example.org/'] }
  /** A search that is told to stop when it has told all, or is not. */
  const search = async (stop?: AbortController) => {
    const sources: Pick<Sources, 'find'> = {
      async *find() {
        yield { item: { itemUrl: 'https://example.org/1.png', itemType: 'image' } }
        yield { trouble: new Trouble('http-404', 'gone'), place: 'https://example.org/2' }
        yield { item: { itemUrl: 'https://example.org/3.png', itemType: 'image' } }
        stop?.abort()
      },
    }
    const workflow = await ledger.workflows.current(batch)
    if (workflow === undefined) throw new Error('the batch is not known')
    return discover(await searchContextOf(ledger, workflow), {
      sources: sources as Sources,
      report: async tell => kept(await tell(ledger.handlers), ledger.store),
      signal: (stop ?? new AbortController()).signal,
    })
  }
  const told = async (): Promise<readonly string[]> => {
    const events: string[] = []
    for await (const { event } of ledger.history(batch)) events.push(event.type)
    return events
  }
  try {
    await ledger.handle(newBatch(batch, undefined))
    assert.is(await search(new AbortController()), undefined)
    const before = await told()
    assert.is(before.filter(type => type === 'ItemFound').length, 2)
    assert.is(before.filter(type => type === 'ErrorRecorded').length, 1)
    assert.is(await search(new AbortController()), undefined)
    assert.equal(await told(), before)
    assert.is((await search())?.outcome, 'recorded')
  } finally {
    await ledger.close()
  }
})

test.run()

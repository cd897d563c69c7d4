import { scoped } from '@crawl-ledger/testing'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LedgerClosed, openLedger } from './index.js'
import { batchContext, collected } from './messages.test-kit.js'

const test = suite('a ledger that was closed')
const ref = { locationId: 'l', batchId: 'b' }

test(
  'every call rejects at once with one error, and closing again is no mistake',
  scoped(async opened => {
    const ledger = opened(await openLedger({ store: 'memory:' }))
    const context = batchContext({ locationId: 'l' })
    assert.is((await ledger.handlers.handleError(context, { error: 'one' })).outcome, 'recorded')
    await Promise.all([ledger.close(), ledger.close()])
    await ledger.close()
    const calls: { readonly [name: string]: () => Promise<unknown> } = {
      handle: () => ledger.handle({ type: 'error', context, payload: { error: 'two' } }),
      handlers: () => ledger.handlers.handleError(context, { error: 'two' }),
      workflow: () => ledger.workflows.get(ref),
      current: () => ledger.workflows.current(ref),
      locations: () => ledger.locations.list(),
      analytics: () => ledger.analytics('l'),
      history: () => collected(ledger.history(ref)),
      stateAt: () => ledger.stateAt(ref, { position: 1 }),
      caughtUp: () => ledger.caughtUp(),
      lag: () => ledger.lag(),
      ping: () => ledger.ping(),
      depth: () => ledger.work.depth(),
    }
    for (const [name, call] of Object.entries(calls)) {
      const error = await call().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      assert.instance(error, LedgerClosed, `${name}: ${error}`)
    }
  }),
)

test.run()

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scoped } from '@crawl-ledger/testing'
import { firstValueFrom } from 'rxjs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LedgerClosed, openLedger } from './index.js'
import { batchContext, collected } from './messages.test-kit.js'

const test = suite('a ledger that was closed')
const ref = { locationId: 'l', batchId: 'b' }

test(
  'every call rejects at once with one error, and closing again is no mistake',
  scoped(async opened => {
    const folder = mkdtempSync(join(tmpdir(), 'crawl-ledger-closed-'))
    opened({ close: () => rmSync(folder, { recursive: true }) })
    const ledger = opened(await openLedger({ store: 'memory:', spool: join(folder, 'spool.db') }))
    const claim = { ...ref, id: 'c', itemId: 'i', stage: 'prep-media', server: 's', until: '', attempt: 1 }
    const context = batchContext({ locationId: 'l' })
    assert.is((await ledger.handlers.handleError(context, { error: 'one' })).outcome, 'recorded')
    await Promise.all([ledger.close(), ledger.close()])
    await ledger.close()
    const calls: { readonly [name: string]: () => Promise<unknown> } = {
      handle: () => ledger.handle({ type: 'error', context, payload: { error: 'two' } }),
      handlers: () => ledger.handlers.handleError(context, { error: 'two' }),
      workflow: () => ledger.workflows.get(ref),
      find: () => ledger.workflows.find({ batchId: 'b' }),
      media: () => ledger.media.get({ ...ref, itemId: 'i' }),
      findMedia: () => ledger.media.find(ref),
      current: () => ledger.workflows.current(ref),
      locations: () => ledger.locations.list(),
      analytics: () => ledger.analytics('l'),
      history: () => collected(ledger.history(ref)),
      stateAt: () => ledger.stateAt(ref, { position: 1 }),
      caughtUp: () => ledger.caughtUp(),
      lag: () => ledger.lag(),
      ping: () => ledger.ping(),
      depth: () => ledger.work.depth(),
      claim: () => ledger.work.claim({ stage: 'prep-media' }),
      heartbeat: () => ledger.work.heartbeat(claim),
      complete: () => ledger.work.complete(claim),
      release: () => ledger.work.release(claim),
      resume: () => ledger.recovery.resume(ref, { version: 1 }),
      resumeAll: () => collected(ledger.recovery.resumeAll({ idleForMs: 1 })),
      retryFailedStages: () => ledger.recovery.retryFailedStages(ref),
      changes: () => firstValueFrom(ledger.changes()),
      spool: async () => ledger.spool?.status(),
      refused: async () => ledger.spool?.refused(),
      forget: async () => ledger.spool?.forget([1]),
    }
    const wrong: string[] = []
    for (const [name, call] of Object.entries(calls)) {
      const error = await call().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (!(error instanceof LedgerClosed)) wrong.push(`${name}: ${error}`)
    }
    assert.equal(wrong, [])
  }),
)

test.run()

import { crawl, viewNames } from '@crawl-ledger/domain'
import type { Store } from '@crawl-ledger/log'
import { rebuild } from '@crawl-ledger/projector'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findings } from './away/away.test-kit.js'
import type { Ledger } from './index.js'
import { batchContext, collected, itemContext } from './messages.test-kit.js'
import { ledgerOver } from './open-ledger.js'
import { storesOf } from './stores.test-kit.js'

const test = suite('documents that would outgrow the store')

const mebibyte = 1024 * 1024
const locationId = 'osaka-1'
const ref = { locationId, batchId: 'b' }
const time = (i: number): string => new Date(Date.UTC(2024, 4, 1, 12, 0, i)).toISOString()
const item = (i: number) => itemContext('a', { locationId, timestamp: time(i) })

const documentsOf = async ({ views }: Store): Promise<readonly string[]> => {
  const found = await Promise.all(viewNames.map(view => views.list(view, { prefix: '', limit: 1000 })))
  return found.flat().map(document => {
    const { v: _, ...rest } = document
    return JSON.stringify(rest)
  })
}

/** The views are bounded, are what the log says, and are the same when they are built anew. */
const checkViews = async (store: Store): Promise<void> => {
  const documents = await documentsOf(store)
  for (const document of documents)
    assert.ok(Buffer.byteLength(document) < 8 * mebibyte, `${document.length}`)
  assert.equal(await findings(store), [])
  await rebuild(store, crawl, { owner: 'test' })
  assert.equal(await documentsOf(store), documents)
  assert.equal(await findings(store), [])
}

type Use = (ledger: Ledger, store: Store) => Promise<void>

for (const [name, withStore] of storesOf(2)) {
  const withLedger = (use: Use): Promise<void> =>
    withStore(async base => {
      const ledger = ledgerOver({ ...base, close: async () => {} }, name, { project: true, server: 'test' })
      try {
        await use(ledger, base)
      } finally {
        await ledger.close()
      }
    })

  test(`${name}: 90 errors of 200 kB`, () =>
    withLedger(async (ledger, store) => {
      const errors = Array.from(
        { length: 90 },
        (_, i) => `${String(i).padStart(3, '0')} ${'x'.repeat(200_000)}`,
      )
      for (const [i, error] of errors.entries()) {
        const receipt = await ledger.handlers.handleError(item(i), { error, stage: 'prep-media' })
        assert.is(receipt.outcome, 'recorded')
      }
      // Another workflow, in whatever partition, goes on.
      for (const other of ['kyoto-1', 'kyoto-2', 'kyoto-3'])
        await ledger.handlers.handleNewBatch(batchContext({ locationId: other }), { locationId: other })
      await ledger.caughtUp({ timeoutMs: 20_000 })
      const [media] = await ledger.media.find(ref)
      assert.is(media?.errors.length, 90)
      assert.is(media?.errorCount, 90)
      assert.match(
        media?.errors[7]?.error ?? '',
        /^007 x+… \[cut: 200004 bytes, SHA-256 [0-9a-f]{16}\]\[position \d+\]$/,
      )
      await checkViews(store)
      // What is handed out to go on with is whole.
      const state = await ledger.stateAt(ref, { position: Number.MAX_SAFE_INTEGER })
      assert.equal(
        state?.errors.map(({ error }) => error),
        errors,
      )
      const current = await ledger.workflows.current(ref)
      assert.equal(current?.errors, state?.errors)
      const [retried] = await ledger.recovery.retryFailedStages(ref)
      assert.equal(
        retried?.context.errors?.map(({ error }) => error),
        errors,
      )
    }))

  test(`${name}: two results of 9 MB of one item`, () =>
    withLedger(async (ledger, store) => {
      const [first, second] = ['é', '𝔘'].map(sign => sign.repeat((9 * mebibyte) / Buffer.byteLength(sign)))
      for (const [stage, results] of [
        ['prep-media', { mediaInfo: { raw: first, size: 7 } }],
        ['analyse-media', { analysisResults: second }],
      ] as const) {
        const receipt = await ledger.handlers.handleStageComplete({ ...item(1), stage }, { results })
        assert.is(receipt.outcome, 'recorded')
      }
      await ledger.caughtUp({ timeoutMs: 20_000 })
      const [media] = await ledger.media.find(ref)
      const position = (await collected(ledger.history(ref)))[0]?.position
      assert.is(media?.metadata.size, 7)
      assert.equal(media?.metadata.mediaInfo, {
        begins: `{"raw":"${'é'.repeat(96)}`,
        bytes: 9 * mebibyte + '{"raw":"","size":7}'.length,
        cut: true,
        position,
      })
      await checkViews(store)
      const version = (await ledger.workflows.get(ref))?.version ?? 0
      const recovered = await ledger.recovery.resume(ref, { version })
      const { metadata } = recovered?.items[0]?.context ?? {}
      assert.ok(metadata?.analysisResults === second)
      assert.equal((metadata?.mediaInfo as { size?: number })?.size, 7)
      assert.ok((metadata?.mediaInfo as { raw?: string })?.raw === first)
    }))

  test(`${name}: a batch’s result that is too long is whole where it is handed out`, () =>
    withLedger(async (ledger, store) => {
      const long = { found: 'x'.repeat(mebibyte) }
      const context = batchContext({ locationId, stage: 'control', metadata: { short: 1 } })
      await ledger.handlers.handleStageComplete(context, { results: { long } })
      await ledger.caughtUp({ timeoutMs: 20_000 })
      const shown = (await ledger.workflows.get(ref))?.context.metadata
      assert.is((shown?.long as { cut?: boolean } | undefined)?.cut, true)
      assert.is(shown?.short, 1)
      assert.equal((await ledger.workflows.current(ref))?.context.metadata.long, long)
      await checkViews(store)
    }))
}

test.run()

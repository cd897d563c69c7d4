import { firstValueFrom, take, toArray } from 'rxjs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError, LedgerMismatch, NotCaughtUp, openLedger } from './index.js'
import { batchContext, countersOf, itemContext, stream, urlOf, withLedger } from './messages.test-kit.js'

const test = suite('a ledger in memory')
const memory = { store: 'memory:' }

const begun = (batchId: string) => ({
  type: 'new_batch',
  context: batchContext({ locationId: 'l', batchId, stage: 'find-location' }),
  payload: { locationId: 'l' },
})

test('messages in, views and analytics out', () =>
  withLedger(memory, async ledger => {
    const receipts = await Promise.all(
      stream(['osaka-1', 'osaka-2'], 12).map(message => ledger.handle(message)),
    )
    assert.is(receipts.filter(r => r.outcome === 'rejected').length, 0)
    await ledger.caughtUp()
    assert.is((await ledger.lag()).commits, 0)
    for (const id of ['osaka-1', 'osaka-2']) {
      const { locationId, generatedAt, ...counters } = (await ledger.analytics(id)) ?? {}
      assert.is(locationId, id)
      assert.equal(counters, countersOf(12))
      assert.not.ok(Number.isNaN(Date.parse(String(generatedAt))))
    }
    const ref = { locationId: 'osaka-1', batchId: 'batch-2' }
    const itemIds = ['2-a', '2-b'].map(name => itemContext(name, ref).itemId ?? '').sort()
    const found = await ledger.media.find({ ...ref, limit: 1 })
    assert.equal(
      found.map(item => item._id),
      [`osaka-1/batch-2/${itemIds[0]}`],
    )
    const next = await ledger.media.find({ ...ref, after: found[0]?._id ?? '' })
    assert.equal(
      next.map(item => item._id),
      [`osaka-1/batch-2/${itemIds[1]}`],
    )
    assert.is((await ledger.media.get({ ...ref, itemId: itemIds[1] ?? '' }))?.itemId, itemIds[1])
    assert.is((await ledger.workflows.get({ ...ref, batchId: 'batch-3' }))?.status, 'failed')
    assert.equal(
      (await ledger.workflows.find({ batchId: 'batch-3' })).map(({ _id }) => _id),
      ['osaka-1/batch-3', 'osaka-2/batch-3'],
    )
    assert.is(await ledger.analytics('nowhere'), undefined)
  }))

test('the receipts of a message, of the same again, of another under its id, and of what says nothing new', () =>
  withLedger(memory, async ({ handlers }) => {
    const context = batchContext({ locationId: 'l' })
    const payload = { itemUrl: urlOf('m'), itemType: 'image' } as const
    const { itemId } = itemContext('m', { locationId: 'l' })
    const found = { itemId, position: 1 }
    assert.equal(await handlers.handleItemFound(context, payload, { id: '1' }), {
      ...found,
      outcome: 'recorded',
    })
    assert.equal(await handlers.handleItemFound(context, payload, { id: '1' }), {
      ...found,
      outcome: 'duplicate',
    })
    assert.equal(await handlers.handleItemFound(context, payload, { id: '2' }), {
      itemId,
      outcome: 'unchanged',
    })
    const other = { ...payload, itemUrl: urlOf('other') }
    const again = await handlers.handleItemFound(context, other, { id: '1' })
    assert.equal(again, {
      itemId: itemContext('other', { locationId: 'l' }).itemId,
      outcome: 'recorded',
      position: 2,
    })
  }))

test('a message that cannot be taken is a rejected receipt, and nothing is written', () =>
  withLedger(memory, async ledger => {
    const context = batchContext({ locationId: 'l' })
    const bad: [unknown, string, RegExp][] = [
      [undefined, 'invalid', /A message is/],
      ['text', 'invalid', /nor JSON/],
      [{ type: 'unheard-of', context }, 'unknown-type', /expected one of new_batch, item_found/],
      [{ type: 'new_batch', batchId: 'b', locationId: 'l' }, 'invalid', /context, payload/],
      [{ type: 'item-found', batchId: 'b', locationId: 'l' }, 'unknown-type', /context, payload/],
      [{ type: 'item_found', context, payload: {} }, 'invalid', /payload\.itemUrl/],
      [{ type: 'error', context: { ...context, batchId: ' ' } }, 'invalid', /context\.batchId/],
      [{ type: 'workflow_progress', context, payload: 'x'.repeat(17 << 20) }, 'too-large', /bytes/],
    ]
    for (const [message, code, words] of bad) {
      const receipt = await ledger.handle(message)
      assert.is(receipt.outcome === 'rejected' && receipt.rejection.code, code)
      assert.match(receipt.outcome === 'rejected' ? receipt.rejection.message : '', words)
    }
    assert.is((await ledger.lag()).commits, 0)
    assert.equal(await ledger.locations.list(), [])
  }))

test('either envelope is taken, as a value, as text and as bytes with a byte order mark', () =>
  withLedger(memory, async ledger => {
    const { context, payload } = begun('b')
    const later = { util: 'post-office', type: 'new_batch', workflow: context, payload }
    const bytes = Buffer.from(`\uFEFF${JSON.stringify(begun('b'))}`)
    assert.is((await ledger.handle(begun('b'))).outcome, 'recorded')
    for (const body of [later, JSON.stringify(later), bytes])
      assert.is((await ledger.handle(body)).outcome, 'duplicate')
    const { outcome } = await ledger.handle(later, { id: 'a name of the broker’s / 7' })
    assert.is(outcome, 'unchanged')
  }))

test('changes are the events from the subscription on', () =>
  withLedger(memory, async ledger => {
    await ledger.handle(begun('before'))
    const seen = firstValueFrom(ledger.changes().pipe(take(2), toArray()))
    // The subscription begins at the ends that the log has when it is asked for them.
    await ledger.ping()
    await new Promise(resolve => setImmediate(resolve))
    const context = batchContext({ locationId: 'l', batchId: 'after' })
    await ledger.handlers.handleItemFound(context, { itemUrl: urlOf('m'), itemType: 'image' })
    assert.equal(
      (await seen).map(({ stream, event }) => [stream, event.type]),
      [
        ['l/after', 'WorkflowStarted'],
        ['l/after', 'ItemFound'],
      ],
    )
  }))

test('without a projector, catching up says who should project', () =>
  withLedger({ ...memory, project: false }, async ledger => {
    await ledger.handle(begun('b'))
    const error = await ledger.caughtUp({ timeoutMs: 20 }).then(
      () => undefined,
      (e: unknown) => e,
    )
    assert.instance(error, NotCaughtUp)
    assert.is((await ledger.lag()).commits, 1)
  }))

test('a bad option is one sentence that names the setting', async () => {
  const failing = async (options: object): Promise<unknown> => {
    try {
      await (await openLedger(options)).close()
      return undefined
    } catch (error) {
      return error
    }
  }
  const url = await failing({ store: 'postgres://u:secret@h/d' })
  assert.instance(url, ConfigurationError)
  assert.match(String(url), /STORE: it must be memory:, sqlite:FILE/)
  assert.not.match(String(url), /secret/)
  assert.match(
    String(await failing({ ...memory, partitions: 0 })),
    /PARTITIONS: it must be a whole number from 1 to 1024/,
  )
  assert.is.not(await failing({ store: 'sqlite:/no/such/folder/x.db' }), undefined)
  assert.not.instance(await failing(memory), LedgerMismatch)
})

test.run()

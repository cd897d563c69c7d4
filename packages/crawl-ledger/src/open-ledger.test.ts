import { firstValueFrom, take, toArray } from 'rxjs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError, LedgerMismatch, NotCaughtUp, openLedger } from './index.js'
import { countersOf, stream, withLedger } from './messages.test-kit.js'

const test = suite('a ledger in memory')
const memory = { store: 'memory:' }

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
    const found = await ledger.media.find({ locationId: 'osaka-1', batchId: 'batch-2', limit: 1 })
    assert.equal(
      found.map(item => item._id),
      ['osaka-1/batch-2/2-a'],
    )
    const next = await ledger.media.find({
      locationId: 'osaka-1',
      batchId: 'batch-2',
      after: 'osaka-1/batch-2/2-a',
    })
    assert.equal(
      next.map(item => item._id),
      ['osaka-1/batch-2/2-b'],
    )
    assert.is((await ledger.workflows.get('osaka-1/batch-3'))?.status, 'failed')
    assert.is(await ledger.analytics('nowhere'), undefined)
  }))

test('the receipts of a message, of the same again, and of what says nothing new', () =>
  withLedger(memory, async ({ handlers }) => {
    const found = { batchId: 'b', locationId: 'l', item: { mediaId: 'm' } }
    assert.equal(await handlers.handleItemFound({ id: '1', ...found }), { outcome: 'recorded', position: 1 })
    assert.equal(await handlers.handleItemFound({ id: '1', ...found }), { outcome: 'duplicate', position: 1 })
    assert.equal(await handlers.handleItemFound({ id: '2', ...found }), { outcome: 'unchanged' })
    const again = await handlers.handleItemFound({ id: '1', ...found, item: { mediaId: 'other' } })
    assert.is(again.outcome === 'rejected' && again.rejection.code, 'id-reused')
  }))

test('a message that cannot be taken is a rejected receipt, and nothing is written', () =>
  withLedger(memory, async ledger => {
    const bad: [unknown, string][] = [
      [undefined, 'invalid'],
      ['text', 'invalid'],
      [{ type: 'unheard-of', batchId: 'b', locationId: 'l' }, 'unknown-type'],
      [{ type: 'item-found', batchId: 'b', locationId: 'a/b', item: { mediaId: 'm' } }, 'invalid'],
      [{ type: 'workflow-progress', batchId: 'b', locationId: 'l', progress: 101 }, 'invalid'],
      [
        { type: 'workflow-complete', batchId: 'b', locationId: 'l', summary: 'x'.repeat(17 << 20) },
        'too-large',
      ],
    ]
    for (const [message, code] of bad) {
      const receipt = await ledger.handle(message)
      assert.is(receipt.outcome === 'rejected' && receipt.rejection.code, code)
    }
    const wrong = await ledger.handlers.handleError({ type: 'new-batch', batchId: 'b', locationId: 'l' })
    assert.is(wrong.outcome === 'rejected' && wrong.rejection.code, 'wrong-handler')
    assert.equal([...new Set((await ledger.lag()).commits.toString())], ['0'])
    assert.equal(await ledger.locations.list(), [])
  }))

test('changes are the events from the subscription on', () =>
  withLedger(memory, async ledger => {
    await ledger.handle({ type: 'new-batch', batchId: 'before', locationId: 'l' })
    const seen = firstValueFrom(ledger.changes().pipe(take(2), toArray()))
    // The subscription begins at the ends that the log has when it is asked for them.
    await ledger.ping()
    await new Promise(resolve => setImmediate(resolve))
    await ledger.handle({ type: 'item-found', batchId: 'after', locationId: 'l', item: { mediaId: 'm' } })
    assert.equal(
      (await seen).map(({ stream, event }) => [stream, event.type]),
      [
        ['l/after', 'WorkflowStarted'],
        ['l/after', 'MediaFound'],
      ],
    )
  }))

test('without a projector, catching up says who should project', () =>
  withLedger({ ...memory, project: false }, async ledger => {
    await ledger.handle({ type: 'new-batch', batchId: 'b', locationId: 'l' })
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

import { crawl, folded, type ViewDocument } from '@crawl-ledger/domain'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError } from './index.js'
import { collected, stream, withLedger } from './messages.test-kit.js'

const test = suite('time travel')

/** Without the number of its build: what is folded from the log belongs to none. */
const withoutBuild = (document: ViewDocument | undefined): object => {
  const { v: _, ...rest } = document ?? { v: 0 }
  return rest
}

test('stateAt at each position equals the fold of the prefix, and the last one the view', () =>
  withLedger({ store: 'memory:' }, async ledger => {
    for (const message of stream(['osaka-1', 'osaka-2'], 6)) await ledger.handle(message)
    await ledger.caughtUp()
    for (const view of await ledger.workflows.list()) {
      const { locationId, batchId } = view
      const ref = { locationId, batchId }
      const events = await collected(ledger.history(ref))
      for (const { position: end } of events) {
        // Folded here event by event, and not by the code under test.
        const prefix = events
          .filter(({ position }) => position <= end)
          .reduce<ViewDocument | undefined>(
            (document, { event, position, version, stream: id, recordedAt }) => {
              const place = { stream: id, position, version, recordedAt }
              const routes = crawl.routes(event, id)
              const route = routes.find(({ view: name }) => name === 'workflows')
              return route === undefined ? document : folded(crawl, route, document, event, place)
            },
            undefined,
          )
        assert.equal(await ledger.stateAt(ref, { position: end }), prefix)
      }
      const last = events[events.length - 1]
      for (const end of [{ position: last?.position ?? 0 }, { time: last?.recordedAt ?? '' }])
        assert.equal(withoutBuild(await ledger.stateAt(ref, end)), withoutBuild(view))
      assert.is(await ledger.stateAt(ref, { position: (events[0]?.position ?? 0) - 1 }), undefined)
      assert.is(await ledger.stateAt(ref, { time: '1999-01-01' }), undefined)
    }
  }))

test('history tells which message caused an event, in order without gaps', () =>
  withLedger({ store: 'memory:', server: 'alpha' }, async ledger => {
    for (const message of stream(['osaka-1'], 1)) await ledger.handle(message)
    const events = await collected(ledger.history({ locationId: 'osaka-1', batchId: 'batch-1' }))
    assert.equal([...new Set(events.map(({ version }) => version))], [1, 2, 3, 4, 5, 6, 7])
    assert.is(events[0]?.messageId, 'osaka-1:1:1')
    assert.is(events[0]?.server, 'alpha')
    assert.equal(await collected(ledger.history({ locationId: 'nobody', batchId: 'nothing' })), [])
  }))

test('a time that is none is refused', () =>
  withLedger({ store: 'memory:' }, async ledger => {
    const error = await ledger.stateAt({ locationId: 'l', batchId: 'b' }, { time: 'yesterday' }).then(
      () => undefined,
      (e: unknown) => e,
    )
    assert.instance(error, ConfigurationError)
  }))

test.run()

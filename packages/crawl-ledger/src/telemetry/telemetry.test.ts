import { crawl } from '@crawl-ledger/domain'
import { type Commit, type CommitMessage, readable, type Store } from '@crawl-ledger/log'
import { Projector } from '@crawl-ledger/projector'
import { context, createTraceState, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { NEVER } from 'rxjs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exportLog } from '../archive/export-log.js'
import { importLog } from '../archive/import-log.js'
import { checkArchive } from '../archive/read-archive.js'
import { findings, until } from '../away/away.test-kit.js'
import type { Ledger } from '../index.js'
import { collected } from '../messages.test-kit.js'
import { ledgerOver } from '../open-ledger.js'
import { scene, stores } from '../spool/spool.test-kit.js'
import type { WithStore } from '../stores.test-kit.js'
import { batch, failure, item } from '../team.test-kit.js'
import { type Sdk, withSdk } from './sdk.test-kit.js'

const test = suite('telemetry')
const [, inSqlite] = stores[0] as (typeof stores)[number]

const both = (name: string, run: (withStore: WithStore) => Promise<void>): void => {
  for (const [store, withStore] of stores) test(`${store}: ${name}`, () => run(withStore))
}

const commitsOf = async ({ log }: Store): Promise<readonly Commit[]> =>
  readable(
    await log.read(new Map(Array.from({ length: log.partitions }, (_, partition) => [partition, 0])), 1000),
  )

const messagesOf = async (store: Store): Promise<readonly CommitMessage[]> =>
  (await commitsOf(store)).flatMap(({ messages }) => messages)

/** A ledger on a store that stays open. */
const using = async <A>(store: Store, use: (ledger: Ledger) => Promise<A>, project = true): Promise<A> => {
  const ledger = ledgerOver({ ...store, close: async () => {} }, 'the store', { project })
  try {
    return await use(ledger)
  } finally {
    await ledger.close()
  }
}

/** Does something as a consumer does that has a span for what was delivered. */
const delivered = <A>(name: string, work: (span: Span) => Promise<A>): Promise<A> =>
  trace.getTracer('a service').startActiveSpan(name, async span => {
    try {
      return await work(span)
    } finally {
      span.end()
    }
  })

const attributesOf = (span: ReadableSpan | undefined, ...names: readonly string[]): readonly unknown[] =>
  names.map(name => span?.attributes[`crawl_ledger.${name}`])

const spansOf = async (sdk: Sdk, name: string, count: number): Promise<readonly ReadableSpan[]> => {
  await until(`${count} spans ${name}`, () => sdk.spans(name).length >= count)
  return sdk.spans(name)
}

both('one trace joins a message, its commit and its view', withStore =>
  withStore(store =>
    withSdk(sdk =>
      using(store, async ledger => {
        const outer = await delivered('message', async span => {
          await ledger.handle({ id: 'm1', ...batch('osaka-1', ['download']) })
          return span.spanContext()
        })
        const [project] = await spansOf(sdk, 'crawl-ledger.project', 1)
        const [handle] = sdk.spans('crawl-ledger.handle')
        const [append] = sdk.spans('crawl-ledger.append')
        const handled = handle?.spanContext()
        assert.is(handle?.parentSpanContext?.spanId, outer.spanId)
        assert.is(append?.parentSpanContext?.spanId, handled?.spanId)
        assert.equal(
          append?.links.map(({ context }) => context.spanId),
          [handled?.spanId],
        )
        assert.is(project?.parentSpanContext?.spanId, handled?.spanId)
        for (const span of [handle, append, project]) assert.is(span?.spanContext().traceId, outer.traceId)

        const [commit] = await commitsOf(store)
        assert.is(commit?.messages[0]?.traceparent, `00-${outer.traceId}-${handled?.spanId}-01`)
        assert.not('tracestate' in (commit?.messages[0] ?? {}))
        assert.equal(
          attributesOf(
            handle,
            'message.id',
            'message.type',
            'location.id',
            'workflow.id',
            'outcome',
            'position',
          ),
          ['m1', 'new_batch', 'osaka-1', 'osaka-1/b', 'recorded', commit?.position],
        )
        assert.equal(attributesOf(append, 'commits', 'messages'), [1, 1])
        assert.equal(attributesOf(project, 'projection', 'partition', 'position', 'stream', 'message.id'), [
          'crawl',
          commit?.partition,
          commit?.position,
          'osaka-1/b',
          'm1',
        ])
        assert.is(handle?.status.code, SpanStatusCode.UNSET)
      }),
    ),
  ),
)

both('messages of several traces that fly together: a link to each, and a view for each', withStore =>
  withStore(store =>
    withSdk(sdk =>
      using(store, async ledger => {
        const outer = await Promise.all(
          [1, 2, 3].map(n =>
            delivered(`message ${n}`, async span => {
              await ledger.handle(item('osaka-1', `photo-${n}`))
              return span.spanContext().traceId
            }),
          ),
        )
        const projects = await spansOf(sdk, 'crawl-ledger.project', 3)
        const [append, ...others] = sdk.spans('crawl-ledger.append')
        assert.is(others.length, 0)
        assert.is(append?.parentSpanContext, undefined)
        assert.not(outer.includes(append?.spanContext().traceId ?? ''))
        const traces = (spans: readonly { readonly traceId: string }[]) =>
          spans.map(({ traceId }) => traceId).sort()
        assert.equal(traces(append?.links.map(({ context }) => context) ?? []), [...outer].sort())
        assert.equal(traces(projects.map(span => span.spanContext())), [...outer].sort())
        assert.is((await commitsOf(store)).length, 1)
      }),
    ),
  ),
)

both('a tracestate, and what a server claims, are kept; the log verifies and moves to another', withStore =>
  withStore(store =>
    withSdk(sdk =>
      using(store, async ledger => {
        const vendor = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
        const parent = trace.wrapSpanContext({ ...vendor, traceState: createTraceState('vendor=1') })
        await context.with(trace.setSpan(context.active(), parent), async () => {
          await ledger.handle(batch('osaka-1', ['download']))
          await ledger.handle(item('osaka-1', 'photo-1'))
          await ledger.handle(failure('osaka-1', 'photo-1', 'download'))
          await ledger.recovery.retryFailedStages({ locationId: 'osaka-1', batchId: 'b' })
        })
        const messages = await messagesOf(store)
        assert.is(messages.length, 4)
        for (const { traceparent, tracestate } of messages)
          assert.equal([traceparent?.split('-')[1], tracestate], [vendor.traceId, 'vendor=1'])
        const types = sdk.spans('crawl-ledger.handle').flatMap(span => attributesOf(span, 'message.type'))
        assert.equal(types, ['new_batch', 'item_found', 'error', 'retry'])
        await ledger.caughtUp()
        assert.equal(await findings(store), [])
        const archive = (await collected(exportLog(store, { graceMs: 0 }))).join('')
        const read = async function* () {
          yield Buffer.from(archive)
        }
        await withStore(async other => {
          await importLog(other, await checkArchive(read(), undefined), read)
          assert.equal(await messagesOf(other), messages)
        })
      }),
    ),
  ),
)

test('what is done for many is in the trace of none of them', () =>
  inSqlite(async store => {
    const parents: (string | undefined)[] = []
    const active = () => (trace.getActiveSpan() as Partial<ReadableSpan> | undefined)?.name
    const { readStreams, append, read } = store.log
    const noting = <Args extends readonly unknown[], A>(work: (...args: Args) => A) => {
      return (...args: Args): A => {
        parents.push(active())
        return work(...args)
      }
    }
    const log = { ...store.log, readStreams: noting(readStreams), append: noting(append) }
    let looked = 0
    const looking: typeof read = async (...args) => {
      if (parents.length > 0) looked += 1
      assert.is(active(), undefined, 'the projector reads')
      return read(...args)
    }
    await withSdk(() =>
      delivered('the start', () =>
        using({ ...store, log: { ...log, read: looking } }, async ledger => {
          await delivered('message', () => ledger.handle(item('osaka-1', 'photo-1')))
          await until('the projector to look', () => looked > 2)
        }),
      ),
    )
    assert.equal(parents, [undefined, 'crawl-ledger.append'])
  }))

test('the spool keeps the trace, also where the process ends meanwhile', () =>
  scene(inSqlite, set =>
    withSdk(async sdk => {
      const first = set.open()
      set.leave('refuses')
      const traceId = await delivered('message', async span => {
        assert.is((await first.handle(item('osaka-1', 'photo-1'))).outcome, 'spooled')
        return span.spanContext().traceId
      })
      const [waiting] = await sdk.points('crawl_ledger.spool.messages')
      assert.equal(waiting, { ...waiting, attributes: { 'crawl_ledger.store': 'the store' }, value: 1 })
      await until(
        'the store to be known away',
        async () => (await sdk.points('crawl_ledger.store.away'))[0]?.value === 1,
      )
      assert.type((await sdk.points('crawl_ledger.spool.oldest.age'))[0]?.value, 'number')
      assert.is((await sdk.points('crawl_ledger.spool.refused'))[0]?.value, 0)
      await first.close()
      set.comeBack()
      const second = set.open({ project: true })
      const [project] = await spansOf(sdk, 'crawl-ledger.project', 1).finally(() => second.close())
      assert.is(project?.spanContext().traceId, traceId)
      const [handle] = sdk.spans('crawl-ledger.handle')
      assert.equal(attributesOf(handle, 'outcome'), ['spooled'])
      assert.is(handle?.spanContext().spanId, project?.parentSpanContext?.spanId)
    }),
  ))

test('what is not kept is an error, what is rejected is none', () =>
  scene(inSqlite, set =>
    withSdk(async sdk => {
      const ledger = set.open()
      await ledger.handle({ type: 'a type of their own' })
      await ledger.handle(item(' ', 'photo-1'))
      assert.is((await ledger.handle(item('osaka-1', 'photo-0'))).outcome, 'recorded')
      set.leave('refuses')
      assert.is((await ledger.handle(item('osaka-1', 'photo-1'), { spool: false })).outcome, 'unavailable')
      await ledger.close()
      const spans = sdk.spans('crawl-ledger.handle')
      const [unknown, invalid] = spans
      assert.equal(attributesOf(unknown, 'outcome', 'rejection.code'), ['rejected', 'unknown-type'])
      assert.equal(attributesOf(invalid, 'outcome', 'rejection.code'), ['rejected', 'invalid'])
      assert.is(unknown?.status.code, SpanStatusCode.UNSET)
      const lost = spans.at(-1)
      assert.is(lost?.status.code, SpanStatusCode.ERROR)
      assert.is(lost?.attributes['error.type'], 'unavailable')
      const failing = sdk
        .spans('crawl-ledger.append')
        .filter(span => span.status.code === SpanStatusCode.ERROR)
      assert.ok(failing.length > 0)
    }),
  ))

test('a commit that cannot be folded is an error in its trace, and those beside it are none', () =>
  inSqlite(store =>
    withSdk(async sdk => {
      const place = await using(
        store,
        async ledger => {
          await ledger.handle(item('osaka-1', 'photo-1'))
          await ledger.handle(item('osaka-1', 'photo-2'))
          return (await commitsOf(store))[0]?.position
        },
        false,
      )
      const fold: typeof crawl.fold = (route, document, event, at) => {
        if (route.view === 'media' && at.position === place) throw new TypeError('as if')
        return crawl.fold(route, document, event, at)
      }
      const projector = new Projector(store, { projection: { ...crawl, fold }, signal: NEVER })
      const projects = await spansOf(sdk, 'crawl-ledger.project', 2).finally(() => projector.stop())
      assert.equal(
        projects.map(({ attributes, status }) => [attributes['error.type'], status.code]),
        [
          ['TypeError', SpanStatusCode.ERROR],
          [undefined, SpanStatusCode.UNSET],
        ],
      )
    }),
  ))

test('what is measured', () =>
  inSqlite(store =>
    withSdk(sdk =>
      using(store, async ledger => {
        await ledger.handle({ type: 'a type of their own' })
        const found = { id: 'm', ...item('osaka-1', 'photo-1') }
        for (let i = 0; i < 3; i += 1) await ledger.handle(found)
        await ledger.caughtUp()
        const count = ({ value }: { readonly value: unknown }) =>
          typeof value === 'object' && value !== null && 'count' in value ? value.count : value
        const measured = async (instrument: string) =>
          (await sdk.points(instrument)).map(point => [...Object.values(point.attributes), count(point)])
        const receipts = [
          ['_OTHER', 'rejected', 1],
          ['item_found', 'recorded', 1],
          ['item_found', 'duplicate', 2],
        ]
        assert.equal(await measured('crawl_ledger.messages'), receipts)
        assert.equal(await measured('crawl_ledger.handle.duration'), receipts)
        assert.equal(await measured('crawl_ledger.append.duration'), [[1]])
        assert.equal(await measured('crawl_ledger.append.commits'), [[1]])
        await until('a batch', async () => (await sdk.points('crawl_ledger.projector.commits')).length > 0)
        assert.equal(await measured('crawl_ledger.projector.batches'), [[1]])
        assert.equal(await measured('crawl_ledger.projector.commits'), [[1]])
        assert.equal(await measured('crawl_ledger.store.away'), [['the store', 0]])
        const stages = await measured('crawl_ledger.projector.stage.duration')
        assert.equal(stages.map(([stage]) => stage).sort(), ['fold', 'load', 'read', 'write'])
      }),
    ),
  ))

both('without an SDK nothing of it is written, and the projector tells nothing', withStore =>
  withStore(async store => {
    await using(store, ledger => ledger.handle(item('osaka-1', 'photo-1')), false)
    const [message] = await messagesOf(store)
    assert.equal(Object.keys(message ?? {}), ['at', 'digest', 'handler', 'id'])
    await withSdk(sdk =>
      using(store, async ledger => {
        await ledger.caughtUp()
        assert.is(sdk.spans().length, 0)
      }),
    )
  }),
)

test('a projector whose SDK is not there passes over traces', () =>
  inSqlite(async store => {
    await withSdk(() => using(store, ledger => ledger.handle(item('osaka-1', 'photo-1')), false))
    await using(store, ledger => ledger.caughtUp())
  }))

test.run()

import { decodeMessage, EventTooNew, handlerOf } from '@crawl-ledger/domain'
import { CommitUnreadable, type Log, readable, Writer } from '@crawl-ledger/log'
import { openSqlite } from '@crawl-ledger/sqlite'
import { scoped } from '@crawl-ledger/testing'
import * as E from 'fp-ts/lib/Either.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batchContext, urlOf } from './messages.test-kit.js'

const test = suite('a stream that cannot be read')

const found = (batchId: string, name: string) => {
  const context = batchContext({ locationId: 'l', batchId })
  const message = { type: 'item_found', context, payload: { itemUrl: urlOf(name), itemType: 'image' } }
  const decoded = decodeMessage(message, '2024-05-01T12:00:00.000Z')
  if (E.isLeft(decoded)) throw new Error(decoded.left.message)
  return { envelope: decoded.right, handler: handlerOf.item_found }
}

/** A log in which the events of one stream come from a program of the future. */
const fromTheFuture = (log: Log, stream: string): Log => ({
  ...log,
  readStreams: async ends =>
    readable(await log.readStreams(ends)).map(commit =>
      commit.stream === stream
        ? { ...commit, events: commit.events.map(event => ({ ...event, v: 99 })) }
        : commit,
    ),
})

test(
  'a stream that cannot be read keeps nobody else from being written',
  scoped(async opened => {
    const store = opened(openSqlite(':memory:', { partitions: 1 }))
    await new Writer(store.log, { server: 'before' }).write('l/new', found('new', 'a'))
    const writer = new Writer(fromTheFuture(store.log, 'l/new'), { server: 'now' })
    const [unreadable, ...others] = await Promise.allSettled([
      writer.write('l/new', found('new', 'b')),
      writer.write('l/one', found('one', 'b')),
      writer.write('l/two', found('two', 'b')),
    ])
    assert.is(unreadable?.status, 'rejected')
    const { reason } = unreadable as PromiseRejectedResult
    assert.instance(reason, CommitUnreadable)
    assert.instance(reason.cause, EventTooNew)
    for (const other of others)
      assert.is(other.status === 'fulfilled' && other.value.outcome, 'recorded', JSON.stringify(other))
    await writer.idle()
  }),
)

test.run()

import { StoreUnavailable, sealer } from '@crawl-ledger/log'
import { MongoBulkWriteError, MongoNetworkError } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Connection, connect } from './connection.js'
import { draft, heads } from './heads.test-kit.js'
import { mongoLog } from './log.js'
import { mongoViews } from './views.js'

const test = suite('mongodb: an answer that was lost')

/** As the driver says that the connection was lost while many were written: in the class of refused writes. */
const wrapped = (cause: Error): Error =>
  new MongoBulkWriteError(cause, { getWriteConcernError: () => undefined } as never)

const endedSocket = Object.assign(new Error('This socket has been ended by the other party'), {
  code: 'EPIPE',
})

/** Collections that reserve, and whose every write of many fails. */
const failing = (error: Error): Connection => {
  const fail = async () => {
    throw error
  }
  const many = { insertMany: fail, bulkWrite: fail }
  const connection = connect('mongodb://127.0.0.1:1', 'nowhere')
  return {
    ...connection,
    events: many,
    checkpoints: many,
    heads: heads(),
    view: () => many,
  } as unknown as Connection
}

for (const [name, error] of [
  ['wrapped by the driver', wrapped(new MongoNetworkError('connection closed'))],
  ['wrapped, of the socket', wrapped(endedSocket)],
  ['of the socket itself', endedSocket],
] as const) {
  test(`${name}: no commit counts as written or as refused`, async () => {
    const log = mongoLog(failing(error), 1, sealer())
    for (const work of [() => log.append([draft]), () => log.fill([{ partition: 0, position: 1 }])]) {
      const found = await work().then(
        answer => answer,
        (thrown: unknown) => thrown,
      )
      assert.instance(found, StoreUnavailable, JSON.stringify(found))
    }
  })

  test(`${name}: no document counts as overtaken`, async () => {
    const views = mongoViews(failing(error))
    const writes = [
      { view: 'media', document: { _id: 'a', v: 1, position: 1 }, expected: undefined },
    ] as const
    const found = await views.save({ projection: 'p', writes, moves: [] }).then(
      answer => answer,
      (thrown: unknown) => thrown,
    )
    assert.instance(found, StoreUnavailable)
  })
}

test.run()

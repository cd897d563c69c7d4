import assert from 'node:assert/strict'
import { StoreUnavailable } from '@crawl-ledger/log'
import { conformance } from '@crawl-ledger/log/conformance'
import { suite } from 'uvu'
import { mongoFixture } from './fixture.js'
import { openMongo } from './open.js'
import { mongoTestServer } from './test-server.js'

const server = mongoTestServer()
const test = suite('mongodb')
conformance(mongoFixture(server), server === undefined ? test.skip : test)

test('mongodb: a server that is away is named, and neither user nor password are', async () => {
  const url = 'mongodb://someone:secret@127.0.0.1:9/?directConnection=true'
  await assert.rejects(openMongo(url, 'x', { serverSelectionMs: 200 }), (error: unknown) => {
    assert(error instanceof StoreUnavailable, String(error))
    assert(error.message.includes('127.0.0.1:9'))
    assert(!/someone|secret/.test(error.message))
    return true
  })
})

test.run()

import { TimedOut } from '@crawl-ledger/process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeLedger, never } from './fake-ledger.js'
import { readFigures } from './figures.js'

test('does not wait for ever for a store that hangs', async () => {
  try {
    await readFigures(fakeLedger({ analytics: never }), 'berlin', 20)
    assert.unreachable()
  } catch (error) {
    assert.instance(error, TimedOut)
  }
})

test.run()

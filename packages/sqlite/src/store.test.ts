import { conformance } from '@crawl-ledger/log/conformance'
import { suite } from 'uvu'
import { sqliteFixture } from './fixture.js'

const test = suite('sqlite')
conformance(sqliteFixture(), test)
test.run()

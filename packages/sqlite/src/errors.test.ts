import assert from 'node:assert/strict'
import { StoreUnavailable, StoreUnusable } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { storeError } from './errors.js'

const test = suite('errors of SQLite')

/** As the driver throws them. */
const driverError = (code: string, errcode: number): Error =>
  Object.assign(new Error('said by SQLite'), { code, errcode })

test('a file that may not be written is said to be so, also by a code that the driver has no name for', () => {
  const codes = [
    ['SQLITE_READONLY', 8],
    ['UNKNOWN_SQLITE_ERROR_1544', 1544],
    ['SQLITE_CANTOPEN', 14],
  ] as const
  for (const [code, raw] of codes) {
    const error = storeError('The SQLite file a.db', driverError(code, raw))
    assert(error instanceof StoreUnusable, code)
    assert.match(
      error.message,
      /^The SQLite file a\.db cannot be written \(SQLITE_\w+\)\. Let this user write .* STORE\.$/,
    )
  }
})

test('what passes is told from what does not, and a mistake of ours stays as it is', () => {
  assert(storeError('it', driverError('UNKNOWN_SQLITE_ERROR_517', 517)) instanceof StoreUnavailable)
  assert(storeError('it', driverError('SQLITE_IOERR_WRITE', 778)) instanceof StoreUnavailable)
  assert(storeError('it', driverError('SQLITE_NOTADB', 26)) instanceof StoreUnusable)
  for (const ours of [driverError('SQLITE_CONSTRAINT', 19), new TypeError('x'), 'x'])
    assert.equal(storeError('it', ours), ours)
})

test('an error of the package’s `all`, which has no number, is told by SQLite’s text', () => {
  const numberless = (text: string): Error => Object.assign(new Error(text), { code: 'ERR_SQLITE_ERROR' })
  assert(storeError('it', numberless('database is locked')) instanceof StoreUnavailable)
  assert(storeError('it', numberless('database disk image is malformed')) instanceof StoreUnusable)
  const ours = numberless('no such table: x')
  assert.equal(storeError('it', ours), ours)
})

test.run()

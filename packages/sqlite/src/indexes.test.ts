import assert from 'node:assert/strict'
import { join } from 'node:path'
import { viewNames } from '@crawl-ledger/domain'
import { indexedFields } from '@crawl-ledger/log'
import { suite } from 'uvu'
import { openDatabase } from './engine.js'
import { testFolder } from './fixture.js'
import { openSqlite } from './open.js'
import { listingBy } from './views.js'

const test = suite('sqlite: indexes')

/** That each field of each view is looked for by an index which also gives the order, and that no table has it twice. */
const areServed = (file: string, suffix = ''): void => {
  const db = openDatabase(file)
  for (const view of viewNames) {
    const table = `${view}${suffix}`
    for (const field of indexedFields[view]) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${listingBy(table, field)}`).all('x', '', '', '~', 9) as {
        detail: string
      }[]
      assert.equal(plan.length, 1, JSON.stringify(plan))
      assert.match(String(plan[0]?.detail), /^SEARCH .* USING INDEX .* \(<expr>=\? AND id>\? AND id<\?\)$/)
    }
    const found = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL")
      .all(table)
    assert.equal(found.length, indexedFields[view].length, JSON.stringify(found))
  }
  db.close()
}

test('every field that is looked for is found by an index: at first, beside, and after each swap', async () => {
  const file = join(testFolder(), 'indexes.db')
  const { builds, close } = openSqlite(file)
  areServed(file)
  for (const build of [2, 3]) {
    await builds.open(build)
    areServed(file, `~${build}`)
    await builds.seal(build)
    await builds.swap(build)
    areServed(file)
    // Somebody late begins the same one anew, whose indexes' names are taken by now.
    await builds.open(build)
    areServed(file, `~${build}`)
    areServed(file)
    await builds.drop(build)
    await openSqlite(file).close()
    areServed(file)
  }
  await close()
})

test('a file of 0.1, which had one of them, gets the others', async () => {
  const file = join(testFolder(), 'one-index.db')
  await openSqlite(file).close()
  const db = openDatabase(file)
  for (const view of viewNames)
    for (const field of indexedFields[view])
      if (field !== 'status') db.exec(`DROP INDEX "${view} by ${field}"`)
  db.close()
  await openSqlite(file).close()
  areServed(file)
})

test.run()

import assert from 'node:assert/strict'
import { cheats, conformanceTests } from '@crawl-ledger/log/conformance'
import { suite } from 'uvu'
import { cheatingFixture, nothingFixture } from './broken-fixture.js'
import { sqliteFixture } from './fixture.js'

/** A broken store may keep a test waiting; that is a failure too. */
const patienceMs = 5000

const fails = (run: () => Promise<void>): Promise<boolean> =>
  run().then(
    () => false,
    () => true,
  )

const idle = suite('the conformance suite, on a store that does nothing')
for (const { name, run } of conformanceTests(nothingFixture(), patienceMs))
  idle(`fails: ${name}`, async () => {
    assert(await fails(run), 'it passes')
  })
idle.run()

const cheating = suite('the conformance suite, on a store that breaks a rule')
for (const cheat of cheats)
  for (const rule of cheat.breaks)
    cheating(`a store that ${cheat.name} fails “${rule}”`, async () => {
      const tests = conformanceTests(cheatingFixture(cheat), patienceMs).filter(test => test.rule === rule)
      for (const { run } of tests) if (await fails(run)) return
      assert.fail(`it passes all ${tests.length} tests of the rule`)
    })
cheating('every rule is broken by one of them', () => {
  const rules = new Set(conformanceTests(sqliteFixture()).map(({ rule }) => rule))
  for (const { breaks } of cheats) for (const rule of breaks) rules.delete(rule)
  assert.deepEqual([...rules], [])
})
cheating.run()

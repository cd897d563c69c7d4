import { expected, texts, viewNames, type World, worlds } from '@crawl-ledger/testing'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { check, envelope, projected, recorded } from './crawl.test-kit.js'

const test = suite('the rules, against the model')

const runs = Number(process.env.RULE_RUNS ?? 200)

/** The documents of both sides as texts; they differ where a rule is broken. */
const compare = (world: World): void => {
  const ours = projected(recorded(world.delivered.map(envelope)))
  const model = expected(world)
  for (const view of viewNames) {
    const found = [...ours].filter(([key]) => key.startsWith(`${view}:`)).map(([, document]) => document)
    assert.equal(texts(found), model.get(view), view)
  }
}

test('any order, each message any number of times, gives what the model says', () => {
  check(fc.property(worlds, compare), runs)
})

test.run()

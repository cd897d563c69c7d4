import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canonical } from '../json.js'
import { deliveriesOf, randomMessages } from '../random.js'
import { type Model, modelOf } from './model.js'
import { totalsOf } from './totals.js'

const test = suite('model')
const { CRAWL_STREAMS } = process.env

/** As one text: metadata may hold a `constructor`, which a comparison of objects takes for their class. */
const textOf = ({ workflows, locations, media }: Model): string =>
  canonical(
    [workflows, locations, media].map(view => [...view].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
  )

test('says the same of messages in any order, each any number of times', () => {
  fc.assert(
    fc.property(
      randomMessages().chain(messages => fc.tuple(fc.constant(messages), deliveriesOf(messages))),
      ([messages, deliveries]) => assert.is(textOf(modelOf(deliveries)), textOf(modelOf(messages))),
    ),
    { numRuns: 300 },
  )
})

const checkTruth = (folder: string, city: string): void => {
  const lines = gunzipSync(readFileSync(join(folder, `social-${city}.jsonl.gz`)))
    .toString()
    .split('\n')
  const truth = JSON.parse(readFileSync(join(folder, `social-${city}.truth.json`), 'utf8'))
  const { totals, locations } = totalsOf(
    modelOf(lines.filter(line => line !== '').map(line => JSON.parse(line))),
  )
  // Not every file counts the bytes and what was analysed.
  for (const [name, figure] of Object.entries(truth.totals)) assert.is(totals[name], figure, name)
  assert.equal(locations, truth.locations)
}

if (CRAWL_STREAMS === undefined || CRAWL_STREAMS === '') {
  process.stdout.write('Not run: the model against true totals (CRAWL_STREAMS names no folder of streams).\n')
  test.skip('real crawls give the true totals')
} else
  for (const city of ['osaka', 'odd'])
    test(`${city} gives the true totals`, () => checkTruth(CRAWL_STREAMS, city))

test.run()

import { mkdtempSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mongoTestServer, type TestServer } from '@crawl-ledger/mongodb/test-server'
import { MongoClient } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runDemo, startDemo } from './demo.test-kit.js'

// Compares what the demo reaches from a real crawl with totals that were counted without it.
const test = suite('truth')
const { CRAWL_STREAMS, CRAWL_CITIES = 'osaka', SEED } = process.env

const note = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

interface Place {
  readonly name: string
  /** The URL of a store that is new. */
  readonly store: (label: string) => Promise<string>
  readonly clear: () => Promise<void>
}

const sqlite = (): Place => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-truth-'))
  return {
    name: 'SQLite',
    store: async label => `sqlite:${join(folder, `${label}.db`)}`,
    // The folder stays for the next store.
    clear: async () => {
      for (const file of await readdir(folder)) await rm(join(folder, file))
    },
  }
}

/** The server of the tests, a database of the test's own. */
const mongo = (server: TestServer): Place => {
  const made: string[] = []
  const at = async (database: string): Promise<string> => {
    const [, hosts, query = ''] =
      /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(await server.url()) ?? []
    return `${hosts}/${database}${query}`
  }
  return {
    name: 'MongoDB',
    store: label => {
      const database = `demo_truth_${process.pid}_${label}`
      made.push(database)
      return at(database)
    },
    clear: async () => {
      const client = await MongoClient.connect(await server.url())
      for (const database of made.splice(0)) await client.db(database).dropDatabase()
      await client.close()
    },
  }
}

const checkTruth = async (
  folder: string,
  city: string,
  store: string,
  ...more: readonly string[]
): Promise<void> => {
  const { code, out, err } = await runDemo(tmpdir(), [...demoArgs(folder, city, store), ...more])
  assert.is(code, 0, err)
  const { messages, totals, locations } = JSON.parse(out)
  const truth = JSON.parse(await readFile(join(folder, `crawl-${city}.truth.json`), 'utf8'))
  assert.equal(totals, truth.totals)
  assert.equal(locations, truth.locations)
  const { read, recorded, duplicate, unchanged, rejected } = messages
  assert.is(rejected, 0)
  assert.is(read, recorded + duplicate + unchanged)
}

const demoArgs = (folder: string, city: string, store: string): readonly string[] => [
  '--from',
  join(folder, `crawl-${city}.jsonl.gz`),
  '--store',
  store,
  '--json',
]

/** A number from 0 to 1 that a seed fixes (mulberry32). */
const fraction = (seed: number): number => {
  let t = (seed + 0x6d2b79f5) | 0
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const addTests = (folder: string, city: string, place: Place): void => {
  let lastedMs = 5000
  test(`${city} on ${place.name} gives the true totals`, async () => {
    const began = performance.now()
    await checkTruth(folder, city, await place.store('whole'))
    lastedMs = performance.now() - began
    await place.clear()
  })
  test(`${city} on ${place.name} gives the true totals after a SIGKILL and a second run`, async () => {
    const seed = SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED)
    const afterMs = Math.round(fraction(seed) * lastedMs)
    const store = await place.store('killed')
    const { child, ended } = startDemo(tmpdir(), demoArgs(folder, city, store))
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
    const { code } = await ended
    clearTimeout(timer)
    const how = code === null ? 'killed' : 'done before it was killed'
    note(`${city} on ${place.name}: ${how} at ${afterMs} ms (SEED=${seed})`)
    await checkTruth(folder, city, store)
    await place.clear()
  })
}

if (CRAWL_STREAMS === undefined || CRAWL_STREAMS === '') {
  note('Not run: the demo against the true totals of real crawls (CRAWL_STREAMS names no folder of streams).')
  test.skip('real crawls give the true totals')
} else {
  const server = mongoTestServer()
  const cities = CRAWL_CITIES.split(',')
  for (const city of cities)
    test(`${city} gives the true totals through Service Bus`, () =>
      checkTruth(CRAWL_STREAMS, city, 'memory:', '--via', 'service-bus'))
  const places = [sqlite(), ...(server === undefined ? [] : [mongo(server)])]
  for (const city of cities) for (const place of places) addTests(CRAWL_STREAMS, city, place)
}

test.run()

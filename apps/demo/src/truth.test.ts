import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runDemo, startDemo } from './demo.test-kit.js'

// Compares what the demo reaches from a real crawl with totals that were counted without it.
const test = suite('truth')
const { CRAWL_STREAMS, MONGODB_URI, SEED } = process.env
const city = 'osaka'

const note = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

interface Place {
  readonly name: string
  /** The URL of a store that is new. */
  readonly store: (label: string) => string
  readonly clear: () => Promise<void>
}

const sqlite = (): Place => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-truth-'))
  return {
    name: 'SQLite',
    store: label => `sqlite:${join(folder, `${label}.db`)}`,
    clear: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The same server, a database of the test's own. */
const mongo = (uri: string): Place => {
  const [, server, query = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(uri) ?? []
  const made: string[] = []
  return {
    name: 'MongoDB',
    store: label => {
      const database = `demo_truth_${process.pid}_${label}`
      made.push(database)
      return `${server}/${database}${query}`
    },
    clear: async () => {
      const client = await MongoClient.connect(uri)
      for (const database of made) await client.db(database).dropDatabase()
      await client.close()
    },
  }
}

const checkTruth = async (folder: string, store: string): Promise<void> => {
  const { code, out, err } = await runDemo(tmpdir(), demoArgs(folder, store))
  assert.is(code, 0, err)
  const { messages, totals, locations } = JSON.parse(out)
  const truth = JSON.parse(await readFile(join(folder, `crawl-${city}.truth.json`), 'utf8'))
  assert.equal(totals, truth.totals)
  assert.equal(locations, truth.locations)
  const { read, recorded, duplicate, unchanged, rejected } = messages
  assert.is(rejected, 0)
  assert.is(read, recorded + duplicate + unchanged)
}

const demoArgs = (folder: string, store: string): readonly string[] => [
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

const addTests = (folder: string, place: Place): void => {
  let lastedMs = 5000
  test(`${city} on ${place.name} gives the true totals`, async () => {
    const began = performance.now()
    await checkTruth(folder, place.store('whole'))
    lastedMs = performance.now() - began
  })
  test(`${city} on ${place.name} gives the true totals after a SIGKILL and a second run`, async () => {
    const seed = SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED)
    const afterMs = Math.round(fraction(seed) * lastedMs)
    const store = place.store('killed')
    const { child, ended } = startDemo(tmpdir(), demoArgs(folder, store))
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
    const { code } = await ended
    clearTimeout(timer)
    note(
      `${city} on ${place.name}: ${code === null ? 'killed' : 'done before it was killed'} at ${afterMs} ms (SEED=${seed})`,
    )
    await checkTruth(folder, store)
  })
  test.after(place.clear)
}

if (CRAWL_STREAMS === undefined || CRAWL_STREAMS === '') {
  note(`Not run: the demo against the true totals of ${city} (CRAWL_STREAMS names no folder of streams).`)
  test.skip(`${city} gives the true totals`)
} else {
  addTests(CRAWL_STREAMS, sqlite())
  if (MONGODB_URI !== undefined && MONGODB_URI !== '') addTests(CRAWL_STREAMS, mongo(MONGODB_URI))
}

test.run()

import { mkdtempSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mongoTestServer, type TestServer } from '@crawl-ledger/mongodb/test-server'
import { MongoClient } from 'mongodb'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runDemo, startDemo } from './demo.test-kit.js'
import { dealt, fileOf, numbersOf, piped, shuffled } from './streams.test-kit.js'

// Compares what the demo reaches from a real crawl with totals that were counted without it.
const test = suite('truth')
// CRAWL_CITIES: which streams, or `none`. CRAWL_WAYS: `all` ways on both stores, a `few`, or as they are (`plain`).
const { CRAWL_STREAMS, CRAWL_CITIES = 'osaka,odd', CRAWL_WAYS = 'most', SEED } = process.env

const note = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-stream-'))
  await work(folder).finally(() => rm(folder, { recursive: true }))
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

interface Told {
  readonly messages: { readonly [outcome: string]: number }
  readonly totals: object
  readonly locations: object
}

const argsFor = (file: string, store: string): readonly string[] => [
  '--from',
  file,
  '--store',
  store,
  '--json',
]

const told = async (file: string, store: string, ...more: readonly string[]): Promise<Told> => {
  const { code, out, err } = await runDemo(tmpdir(), [...argsFor(file, store), ...more])
  assert.is(code, 0, err)
  return JSON.parse(out)
}

/** The truth does not count everything of every stream. */
const among = (truth: object, values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(truth, name)))

/** One stream of real messages with its truth, and the store on which it is tried. */
interface Case {
  readonly folder: string
  readonly city: string
  readonly place: Place
}

const check = async ({ folder, city }: Case, { totals, locations }: Told, messages: readonly Told[]) => {
  const truth = JSON.parse(await readFile(join(folder, `social-${city}.truth.json`), 'utf8'))
  assert.equal(among(truth.totals, totals), truth.totals)
  assert.equal(locations, truth.locations)
  const sum = (...outcomes: readonly string[]): number =>
    messages.reduce((all, told) => outcomes.reduce((n, outcome) => n + (told.messages[outcome] ?? 0), all), 0)
  assert.is(sum('rejected'), 0)
  assert.is(sum('read'), truth.messages.delivered)
  assert.is(sum('recorded', 'duplicate', 'unchanged'), truth.messages.delivered)
}

const checkRun = async (the: Case, file: string, store: string, ...more: readonly string[]) => {
  const result = await told(file, store, ...more)
  await check(the, result, [result])
}

const seedOf = (): number => (SEED === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(SEED))

const ways: { readonly [way: string]: (the: Case) => Promise<void> } = {
  'as they are': async the => checkRun(the, fileOf(the.folder, the.city), await the.place.store('whole')),

  shuffled: async the => {
    const seed = seedOf()
    note(`${the.city} on ${the.place.name}: shuffled (SEED=${seed})`)
    await inFolder(async into =>
      checkRun(
        the,
        await shuffled(fileOf(the.folder, the.city), seed, into),
        await the.place.store('shuffled'),
      ),
    )
  },

  'after a SIGKILL and a second run': async the =>
    inFolder(async into => {
      const seed = seedOf()
      const file = fileOf(the.folder, the.city)
      const store = await the.place.store('killed')
      const source = await piped(file, into)
      // A pipe holds some hundred lines: from fewer the process may have read none.
      const after = Math.floor(1000 + numbersOf(seed)() * (source.lines - 1000))
      const { child, ended } = startDemo(tmpdir(), argsFor(source.pipe, store))
      const given = await source.give(after)
      child.kill('SIGKILL')
      const { code, err } = await ended
      await given.close()
      assert.is(code, null, err)
      note(`${the.city} on ${the.place.name}: killed after ${after} of ${source.lines} lines (SEED=${seed})`)
      await checkRun(the, file, store)
    }),

  'through Service Bus': async the =>
    checkRun(the, fileOf(the.folder, the.city), await the.place.store('bus'), '--via', 'service-bus'),

  'dealt to four processes': async the =>
    inFolder(async into => {
      const files = await dealt(fileOf(the.folder, the.city), 4, into)
      const store = await the.place.store('dealt')
      const hands = await Promise.all(files.map(file => told(file, store)))
      const none = join(into, 'none.jsonl')
      await writeFile(none, '')
      await check(the, await told(none, store), hands)
    }),
}

const addTests = (the: Case, names: readonly string[]): void => {
  for (const way of names)
    test(`${the.city} on ${the.place.name} gives the true totals ${way}`, async () => {
      const began = performance.now()
      await ways[way]?.(the)
      const took = performance.now() - began
      note(`${the.city} on ${the.place.name} ${way}: ${(took / 1000).toFixed(1)} s`)
      await the.place.clear()
    })
}

if (CRAWL_STREAMS === undefined || CRAWL_STREAMS === '') {
  note('Not run: the demo against the true totals of real crawls (CRAWL_STREAMS names no folder of streams).')
  test.skip('real crawls give the true totals')
} else {
  const server = mongoTestServer()
  const all = Object.keys(ways)
  const plain = all.slice(0, 1)
  const shares: { readonly [name: string]: readonly [sqlite: readonly string[], mongo: readonly string[]] } =
    {
      all: [all, all],
      most: [all, all.slice(0, 2)],
      few: [all.slice(0, 2), plain],
      plain: [plain, plain],
    }
  const share = shares[CRAWL_WAYS]
  if (share === undefined)
    throw new Error(`CRAWL_WAYS: expected one of ${Object.keys(shares).join(', ')}, got ${CRAWL_WAYS}.`)
  const [onSqlite, onMongo] = share
  for (const city of CRAWL_CITIES.split(',').filter(one => one !== 'none')) {
    addTests({ folder: CRAWL_STREAMS, city, place: sqlite() }, onSqlite)
    if (server !== undefined) addTests({ folder: CRAWL_STREAMS, city, place: mongo(server) }, onMongo)
  }
}

test.run()

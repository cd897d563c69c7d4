import { parseArgs } from 'node:util'
import { freshMongoServer, mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import Table from 'cli-table3'
import { receiving } from './broker.js'
import { logSize } from './log-size.js'
import {
  appending,
  latency,
  memory,
  processes,
  projecting,
  type Ratio,
  replacing,
  spooling,
} from './measures.js'
import { mongoSubject } from './mongodb.js'
import { help, idle, live, rebuilding, workers } from './operating.js'
import { claiming } from './sharing.js'
import { sqliteSubject } from './sqlite.js'
import type { Open, Opened } from './subject.js'

const usage = `bench [--json] [--store sqlite|mongodb] [--step NAME] [--rounds N] [--quick] [--from FILE]

Measures crawl-ledger and the same work done directly, side by side on one store, and prints ratios.
The log's size is that of the stream in FILE (.jsonl or .jsonl.gz), or else of the bench's own messages.
MongoDB is measured on TEST_MONGODB_URI, or on the server that mongodb-memory-server starts.
`

const holds = ({ ratio, limit }: Ratio): boolean =>
  'atLeast' in limit ? ratio >= limit.atLeast : ratio <= limit.atMost
const shown = ({ limit }: Ratio): string =>
  'atLeast' in limit ? `>= ${limit.atLeast}` : `<= ${limit.atMost}`

type Step = readonly [string, (open: Open) => Promise<readonly Ratio[]>]

/** Measures one thing on one server. */
const on =
  (measure: (opened: Opened) => Promise<readonly Ratio[]>): Step[1] =>
  async open => {
    const opened = await open()
    const ratios = await measure(opened)
    await opened.close()
    return ratios
  }

const stepsOf = (store: string, rounds: number, scale: number, from: string | undefined): readonly Step[] => [
  ['appending, 64 in flight', on(opened => appending(opened, 64, 8000 * scale, rounds))],
  ['appending, 512 in flight', on(opened => appending(opened, 512, 16_000 * scale, rounds))],
  ['replacing, 64 in flight', on(opened => replacing(opened, 64, 8000 * scale, rounds))],
  ['replacing, 512 in flight', on(opened => replacing(opened, 512, 16_000 * scale, rounds))],
  ["the log's size", on(opened => logSize(opened, from, 20_000 * scale))],
  ['spooling', on(opened => spooling(opened, 64, 8000 * scale, 2 * rounds))],
  ['claims', on(opened => claiming(opened, rounds))],
  ['receiving', on(opened => receiving(opened, 10_000 * scale, rounds))],
  ['one message at a time', on(async opened => [await latency(opened, 6400 * scale, rounds)])],
  ...(store === 'mongodb'
    ? [['four processes', on(opened => processes(opened, 8000 * scale, rounds))] as Step]
    : []),
  // The server of the tests keeps all it was given in memory, and has room for no more at a time.
  ['projecting', open => projecting(open, 100_000 * scale, rounds)],
  [
    'rebuilding',
    open => rebuilding(open, 100_000 * scale, (store === 'mongodb' ? 200_000 : 1_000_000) * scale, rounds),
  ],
  ...(store === 'mongodb'
    ? ([
        ['an idle worker', on(idle)],
        ['two workers', open => workers(open, 60_000 * scale, rounds)],
      ] satisfies Step[])
    : ([
        ['live', on(opened => live(opened, 1000, 10))],
        ['help', () => help(rounds)],
      ] satisfies Step[])),
  ['memory', async open => [await memory(open, (store === 'mongodb' ? 50_000 : 100_000) * scale)]],
]

const measure = async (
  store: string,
  open: Open,
  steps: readonly Step[],
  say: (text: string) => void,
): Promise<Ratio[]> => {
  const ratios: Ratio[] = []
  for (const [name, step] of steps) {
    say(`${store}: ${name} …\n`)
    const found = await step(open)
    for (const { what, ratio, detail } of found) say(`  ${ratio.toFixed(2)}  ${what} (${detail})\n`)
    ratios.push(...found)
  }
  return ratios
}

const report = (name: string, ratios: readonly Ratio[]): string => {
  const table = new Table({
    head: [name, 'ratio', 'limit', 'holds', 'measured'],
    style: { head: [], border: [] },
  })
  for (const ratio of ratios)
    table.push([ratio.what, ratio.ratio.toFixed(2), shown(ratio), holds(ratio) ? 'yes' : 'NO', ratio.detail])
  return `${table.toString()}\n`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      store: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      step: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      from: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const say = (text: string): void => {
    process.stderr.write(text)
  }
  const results: { [store: string]: readonly Ratio[] } = {}
  for (const store of ['sqlite', 'mongodb']) {
    if (values.store !== undefined && values.store !== store) continue
    if (store === 'mongodb' && mongoTestServer() === undefined) continue
    const open = store === 'sqlite' ? openSqlite : openMongo
    const steps = stepsOf(store, Number(values.rounds), values.quick ? 0.1 : 1, values.from)
    const ratios = await measure(
      store,
      open,
      steps.filter(([name]) => name.includes(values.step)),
      say,
    )
    results[store] = ratios
    if (!values.json) process.stdout.write(report(store, ratios))
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
  if (
    Object.values(results)
      .flat()
      .some(ratio => !holds(ratio))
  )
    process.exitCode = 1
}

const openSqlite: Open = async () => {
  const subject = sqliteSubject()
  return { subject, close: () => subject.close() }
}

/** The server in TEST_MONGODB_URI, or a new one for each step. */
const openMongo: Open = async () => {
  const { TEST_MONGODB_URI } = process.env
  const server =
    TEST_MONGODB_URI === undefined
      ? await freshMongoServer()
      : { url: TEST_MONGODB_URI, stop: async () => {} }
  const subject = await mongoSubject(server.url)
  const close = async (): Promise<void> => {
    await subject.close()
    await server.stop()
  }
  return { subject, close }
}

await main()

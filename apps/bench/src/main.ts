import { parseArgs } from 'node:util'
import { mongoTestServer } from '@crawl-ledger/mongodb/test-server'
import Table from 'cli-table3'
import { appending, latency, processes, projecting, type Ratio } from './measures.js'
import { mongoSubject } from './mongodb.js'
import { sqliteSubject } from './sqlite.js'
import type { Subject } from './subject.js'

const usage = `bench [--json] [--store sqlite|mongodb] [--rounds N] [--quick]

Measures crawl-ledger and the same work done directly, side by side on one store, and prints ratios.
MongoDB is measured on MONGODB_URI, or on the server that mongodb-memory-server starts.
`

const holds = ({ ratio, limit }: Ratio): boolean =>
  'atLeast' in limit ? ratio >= limit.atLeast : ratio <= limit.atMost
const shown = ({ limit }: Ratio): string =>
  'atLeast' in limit ? `>= ${limit.atLeast}` : `<= ${limit.atMost}`

const measure = async (
  subject: Subject,
  rounds: number,
  scale: number,
  say: (text: string) => void,
): Promise<Ratio[]> => {
  const several = subject.name === 'MongoDB'
  const ratios: Ratio[] = []
  const steps: [string, () => Promise<Ratio | Ratio[]>][] = [
    ['appending, 64 in flight', () => appending(subject, 64, 6000 * scale, rounds)],
    ['appending, 512 in flight', () => appending(subject, 512, 12_000 * scale, rounds)],
    ['one message at a time', () => latency(subject, 800 * scale, rounds)],
    ...(several
      ? [
          ['four processes', () => processes(subject, 8000 * scale, rounds)] as [
            string,
            () => Promise<Ratio[]>,
          ],
        ]
      : []),
    ['projecting', () => projecting(subject, 100_000 * scale, Math.min(rounds, 3), true)],
  ]
  for (const [name, step] of steps) {
    say(`${subject.name}: ${name} …\n`)
    ratios.push(...[await step()].flat())
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
      quick: { type: 'boolean', default: false },
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
  const subjects: [string, () => Promise<Subject | undefined>][] = [
    ['sqlite', async () => sqliteSubject()],
    ['mongodb', () => startMongo()],
  ]
  for (const [name, open] of subjects) {
    if (values.store !== undefined && values.store !== name) continue
    const subject = await open()
    if (subject === undefined) continue
    results[subject.name] = await measure(subject, Number(values.rounds), values.quick ? 0.1 : 1, say)
    await subject.close()
    if (!values.json) process.stdout.write(report(subject.name, results[subject.name] ?? []))
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
  if (
    Object.values(results)
      .flat()
      .some(ratio => !holds(ratio))
  )
    process.exitCode = 1
}

/** The server in MONGODB_URI, or the one that mongodb-memory-server starts; undefined, with a line that says so, without. */
const startMongo = async (): Promise<Subject | undefined> => {
  const server = mongoTestServer()
  return server === undefined ? undefined : mongoSubject(await server.url())
}

await main()

import { fileURLToPath } from 'node:url'
import { type Outcome, run } from './run.js'
import { type SuiteName, suiteNames, suites } from './suites.js'

/** Runs suites side by side, by default all, and prints one summary. With --slowest also which files took longest. */

const folder = fileURLToPath(new URL('../../../..', import.meta.url))
const limitMs = 14 * 60_000
const lingerMs = 20_000

const isSuite = (name: string): name is SuiteName => name in suites

const summary = (outcomes: readonly Outcome[], seconds: number): readonly string[] => {
  const sum = (of: 'total' | 'passed' | 'skipped') => outcomes.reduce((n, { tally }) => n + tally[of], 0)
  return [
    '',
    `  Total:     ${sum('total')}`,
    `  Passed:    ${sum('passed')}`,
    `  Skipped:   ${sum('skipped')}`,
    `  Duration:  ${seconds.toFixed(0)} s`,
  ]
}

const slowest = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes
    .flatMap(({ tally }) => tally.seconds())
    .sort(([, a], [, b]) => b - a)
    .slice(0, 15)
    .map(([file, seconds]) => `${seconds.toFixed(1).padStart(8)} s  ${file}`)

const print = (lines: readonly string[]): void => {
  process.stdout.write(lines.map(line => `${line}\n`).join(''))
}

const args = process.argv.slice(2)
const asked = args.filter(isSuite)
const unknown = args.filter(arg => !isSuite(arg) && arg !== '--slowest')
if (unknown.length > 0) {
  process.stderr.write(`There is no suite ${unknown.join(', ')}. There are: ${suiteNames.join(', ')}.\n`)
  process.exit(2)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1))

const names = asked.length > 0 ? asked : suiteNames
const limit = AbortSignal.timeout(limitMs)
const began = performance.now()
const outcomes = await Promise.all(
  names.map(name => {
    const show = (line: string): void => print([names.length > 1 ? `${name}: ${line}` : line])
    return run({ name, uvu: suites[name], folder, limit, lingerMs, show })
  }),
)
if (args.includes('--slowest')) print(['', ...slowest(outcomes)])
const troubles = outcomes.flatMap(({ trouble }) => trouble ?? [])
print([
  ...summary(outcomes, (performance.now() - began) / 1000),
  ...troubles.map(trouble => `\n${trouble}`),
  '',
])
process.exit(troubles.length === 0 && outcomes.every(({ tally }) => tally.passed === tally.total) ? 0 : 1)

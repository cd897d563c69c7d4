import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, stripVTControlCharacters } from 'node:util'

const help = `Breaks what the whole must survive: kills and pauses workers, stops the server, cuts connections, kills rebuilds, changes
the log, drops links to a broker; and checks after each that nothing is lost and nothing counted twice.

  npx -y pnpm@12 test:faults [--rounds N] [--seed N] [NAME…]

  --rounds N   so many times, each with other chances; by default 1
  --seed N     the chances of the first round; by default random, and printed
  NAME         only these: away, broker, connections, outage, rebuild, servers, tampering, workers
`

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  allowPositionals: true,
})

const root = fileURLToPath(new URL('../../..', import.meta.url))
const uvu = fileURLToPath(new URL('../node_modules/uvu/bin.js', import.meta.url))
/** One that hangs is ended, and has failed. */
const withinMs = 18 * 60_000

interface Sums {
  readonly total: number
  readonly passed: number
  readonly skipped: number
}

/** One round, in a process of its own. The tests run as modules, as programs do: so that each class is there once. */
const round = async (seed: number): Promise<Sums> => {
  const names = positionals.length === 0 ? '.*' : `(${positionals.join('|')})`
  const args = ['--import', 'tsx', uvu, 'apps/faults', `${names}\\.faults\\.ts$`, '-i', 'node_modules']
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, SEED: String(seed) },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: withinMs,
    killSignal: 'SIGKILL',
  })
  let text = ''
  child.stdout.on('data', data => {
    text += data
    process.stdout.write(data)
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  const plain = stripVTControlCharacters(text)
  const sum = (label: string): number =>
    [...plain.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce((n, [, m]) => n + Number(m), 0)
  const sums = { total: sum('Total'), passed: sum('Passed'), skipped: sum('Skipped') }
  // It ended before its summary, or without one.
  const unsaid = code !== 0 && sums.total === sums.passed
  return unsaid || sums.total === 0 ? { ...sums, total: sums.total + 1 } : sums
}

const main = async (): Promise<number> => {
  if (values.help === true) {
    process.stdout.write(help)
    return 0
  }
  const rounds = Number(values.rounds)
  const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(first)) {
    process.stderr.write('--rounds and --seed take whole numbers; --help tells more.\n')
    return 2
  }
  const all: Sums[] = []
  for (let i = 0; i < rounds; i += 1) {
    process.stdout.write(`round ${i + 1} of ${rounds}\n`)
    all.push(await round(first + i))
  }
  const sum = (pick: (sums: Sums) => number): number => all.reduce((n, sums) => n + pick(sums), 0)
  const [total, passed, skipped] = [sum(s => s.total), sum(s => s.passed), sum(s => s.skipped)]
  process.stdout.write(`${passed} passed, ${total - passed} failed, ${skipped} skipped\n`)
  return total === passed ? 0 : 1
}

process.exitCode = await main()

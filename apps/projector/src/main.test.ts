import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf } from '@crawl-ledger/process/child'
import { openStore } from 'crawl-ledger/store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { behind, makeOutdated, record, until } from './worker.test-kit.js'

const children = childrenOf(new URL('./main.ts', import.meta.url))

const run = (args: readonly string[], env?: Record<string, string>) => {
  const started = children.run(args, env)
  const { child, said } = started
  const address = async (): Promise<string> => {
    const find = () => /http:[^"]*?(?=\/health)/.exec(said.out)?.[0]
    await until(() => find() !== undefined || child.exitCode !== null)
    const found = find()
    if (found === undefined) throw new Error(`it ended: ${said.err}`)
    return found
  }
  return { ...started, address }
}

const test = suite('main')
let folder = ''
let count = 0
const newStore = (): string => `sqlite:${join(folder, `${++count}.db`)}`

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'projector-'))
})
test.after(async () => {
  children.end()
  await rm(folder, { recursive: true, force: true })
})

const outdated = async (url: string): Promise<void> => {
  const { store } = await openStore({ store: url })
  await makeOutdated(store)
  await store.close()
}

test('projects, tells how it is, and ends with 0 on SIGTERM', async () => {
  const store = newStore()
  await record(store, 1)
  const { child, ended, address } = run(['--port', '0', '--host', '127.0.0.1'], { STORE: store, PORT: '1' })
  const at = await address()
  await until(async () => {
    const { status, partitions } = (await (await fetch(`${at}/health`)).json()) as {
      status: string
      partitions: readonly number[]
    }
    return status === 'ok' && partitions.length === 16
  })
  await until(async () => (await behind(store)) === 0)
  const metrics = await (await fetch(`${at}/metrics`)).text()
  assert.match(metrics, /\ncrawl_ledger_projector_commits_total [1-9]/)

  child.kill('SIGTERM')
  const { code, out, err } = await ended
  assert.is(code, 0)
  assert.is(err, '')
  const messages = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).msg)
  for (const message of ['started', 'projecting', 'partitions changed', 'closing after SIGTERM', 'stopped'])
    assert.ok(messages.includes(message), message)
})

test('views of an older version: ends with 1 and one error that names the command', async () => {
  const store = newStore()
  await outdated(store)
  const { code, out, err } = await run(['--store', store, '--port', '0']).ended
  assert.is(code, 1)
  assert.is(err, '')
  const errors = out.split('\n').filter(line => line.includes('"level":50'))
  assert.is(errors.length, 1)
  assert.match(errors[0] ?? '', /crawl-replay rebuild/)
})

test('views of an older version, REBUILD=auto: builds them anew and goes on', async () => {
  const store = newStore()
  await record(store, 1)
  await outdated(store)
  const { child, ended, said } = run(['--port', '0'], { STORE: store, REBUILD: 'auto' })
  await until(() => said.out.includes('"the views are new"'))
  await until(async () => (await behind(store)) === 0)
  await record(store, 2)
  await until(async () => (await behind(store)) === 0)
  child.kill('SIGINT')
  assert.is((await ended).code, 0)
})

test('teaches with --help', async () => {
  const { code, out, err } = await run(['--help']).ended
  assert.is(code, 0)
  assert.is(err, '')
  assert.match(out, 'LEASE_MS')
})

const refuses = async (expected: RegExp, args: readonly string[], env: Record<string, string> = {}) => {
  const { code, err } = await run(args, env).ended
  assert.is(code, 1)
  assert.match(err, expected)
  assert.is(err.trimEnd().split('\n').length, 1, err)
}

test('does not start with a bad setting', async () => {
  await refuses(/^LEASE_MS: it must be a whole number from 1000 to 600000, and not "5"/, ['--lease-ms', '5'])
  await refuses(/^REBUILD: it must be one of auto, manual/, [], { REBUILD: 'yes' })
})

test('does not start without its store', () =>
  refuses(/no-such-folder/, ['--port', '0', '--store', `sqlite:${folder}/no-such-folder/x.db`]))

test('says that its port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  try {
    await refuses(new RegExp(`^PORT: ${port} is already in use`), ['--port', port, '--host', '127.0.0.1'], {
      STORE: 'memory:',
    })
  } finally {
    other.close()
  }
})

test.run()

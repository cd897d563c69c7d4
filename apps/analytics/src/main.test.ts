import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf } from '@crawl-ledger/process/child'
import { openLedger, WorkflowTracker } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const token = 'a-token-of-the-tests'
const children = childrenOf(new URL('./main.ts', import.meta.url))

const run = (args: readonly string[], env?: Record<string, string>) => {
  const started = children.run(args, env)
  const { child, said } = started
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const address = /http:[^"]*?(?=\/analytics)/.exec(said.out)?.[0]
      if (address !== undefined) resolve(address)
    })
    child.once('exit', () => reject(new Error(`It ended: ${said.err}`)))
  })
  listening.catch(() => {})
  return { ...started, listening }
}

const test = suite('main')
let folder = ''
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'analytics-'))
})
test.after(async () => {
  children.end()
  await rm(folder, { recursive: true, force: true })
})

test('answers from a store and ends with 0 on SIGTERM, also while a connection is open', async () => {
  const store = `sqlite:${join(folder, 'crawl.db')}`
  const ledger = await openLedger({ store })
  const context = WorkflowTracker.createBatchContext({ batchId: 'b', locationId: 'berlin' })
  await ledger.handlers.handleNewBatch(context, { locationId: 'berlin' })
  await ledger.handlers.handleItemFound(context, { itemUrl: 'https://media.example/1', itemType: 'video' })
  await ledger.caughtUp()
  await ledger.close()

  const { child, ended, listening } = run(['--port', '0', '--host', '127.0.0.1'], {
    STORE: store,
    API_TOKEN: token,
    PORT: '1',
  })
  const at = await listening
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${at}/analytics?locationId=berlin`, { headers })
  const { data } = (await answer.json()) as { data: Record<string, unknown> }
  assert.equal(data, {
    ...data,
    locationId: 'berlin',
    totalMediaItems: 1,
    activeWorkflows: 1,
    completedWorkflows: 0,
  })
  assert.is((await fetch(`${at}/health`)).status, 200)

  child.kill('SIGTERM')
  const { code, out, err } = await ended
  assert.is(code, 0)
  assert.is(err, '')
  assert.not.match(out, token)
  for (const line of out.trimEnd().split('\n')) JSON.parse(line)
})

test('SIGINT ends it as well', async () => {
  const { child, ended, listening } = run(['--store', 'memory:', '--port', '0'], { API_TOKEN: token })
  await listening
  child.kill('SIGINT')
  assert.is((await ended).code, 0)
})

test('teaches with --help', async () => {
  const { code, out, err } = await run(['--help']).ended
  assert.is(code, 0)
  assert.is(err, '')
  assert.match(out, 'openssl rand -hex 32')
})

const refuses = async (expected: RegExp, args: readonly string[], env: Record<string, string>) => {
  const { code, err } = await run(args, env).ended
  assert.is(code, 1)
  assert.match(err, expected)
  assert.is(err.trimEnd().split('\n').length, 1, err)
}

test('does not start without a token', () =>
  refuses(/^API_TOKEN: .*openssl rand -hex 32/, ['--store', 'memory:'], {}))

test('does not start with a bad setting', () =>
  refuses(/^PORT: .*whole number/, ['--port', 'x'], { STORE: 'memory:', API_TOKEN: token }))

test('does not start without its store', () =>
  refuses(/no-such-folder/, ['--port', '0'], {
    STORE: `sqlite:${folder}/no-such-folder/x.db`,
    API_TOKEN: token,
  }))

test('says that its port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  try {
    await refuses(new RegExp(`^PORT: ${port} is already in use`), ['--port', port, '--host', '127.0.0.1'], {
      STORE: 'memory:',
      API_TOKEN: token,
    })
  } finally {
    other.close()
  }
})

test('shows where an error came from when DEBUG is set', async () => {
  const { code, err } = await run([], { STORE: 'memory:', DEBUG: '1' }).ended
  assert.is(code, 1)
  assert.match(err, /\n {4}at /)
})

test.run()

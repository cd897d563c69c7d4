import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTestBroker } from '@crawl-ledger/service-bus/test-broker'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { png } from './media.test-kit.js'

const test = suite('a crawler service behind a broker')
const items = 5
let folder = ''

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crawler-broker-'))
  await mkdir(join(folder, 'media'))
  for (let i = 1; i <= items; i += 1) await writeFile(join(folder, 'media', `${i}.png`), png(i, i))
})
test.after(() => rm(folder, { recursive: true, force: true }))

const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 30_000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('it crawls what a message asks for, and gives up one that asks for nothing', async () => {
  const broker = await startTestBroker()
  broker.queue('crawl', { sessions: true })
  const store = `sqlite:${join(folder, 'ledger.db')}`
  const ledger = await openLedger({ store, project: false })
  const service = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', '--queue', 'crawl'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      STORE: store,
      SERVICE_BUS_CONNECTION_STRING: broker.connectionString,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  service.stdout.on('data', data => {
    said += data
  })
  const ended = once(service, 'close')
  try {
    const of = { type: 'new-batch', locationId: 'here' }
    broker.put('crawl', [
      {
        body: { ...of, batchId: 'b1', queries: [join(folder, 'media')] },
        messageId: 'm1',
        sessionId: 'here',
      },
      { body: { ...of, batchId: '' }, messageId: 'm2', sessionId: 'here' },
    ])
    await until('the batch to be completed', async () => {
      assert.is(service.exitCode, null, said)
      return (await ledger.workflows.get('here/b1'))?.status === 'completed'
    })
    await until('both to be settled', async () => {
      const { completed, deadLettered } = broker.counts('crawl')
      return completed === 1 && deadLettered === 1
    })
    const workflow = await ledger.workflows.get('here/b1')
    assert.equal([workflow?.mediaItems, workflow?.errorCount], [items, 0])
    assert.is(broker.messages('crawl/$deadletterqueue')[0]?.deadLetterReason, 'invalid')
    service.kill('SIGTERM')
    const [code] = await ended
    assert.is(code, 0, said)
  } finally {
    service.kill('SIGKILL')
    await ended
    await ledger.close()
    await broker.close()
  }
})

test('without its queue it ends with 1, and says why', async () => {
  const broker = await startTestBroker()
  const service = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', '--queue', 'nowhere'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      PATH: process.env.PATH,
      STORE: 'memory:',
      LOG_LEVEL: 'silent',
      SERVICE_BUS_CONNECTION_STRING: broker.connectionString,
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let said = ''
  service.stderr.on('data', data => {
    said += data
  })
  try {
    const [code] = await once(service, 'close')
    assert.is(code, 1)
    assert.match(said, /has no entity nowhere/)
    assert.is(said.trim().split('\n').length, 1, said)
  } finally {
    service.kill('SIGKILL')
    await broker.close()
  }
})

test.run()

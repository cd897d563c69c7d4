import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf } from '@crawl-ledger/process/child'
import { startTestBroker } from '@crawl-ledger/service-bus/test-broker'
import { openLedger, WorkflowTracker } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { png } from './media.test-kit.js'

const test = suite('a crawler service behind a broker')
const items = 5
const children = childrenOf(new URL('./main.ts', import.meta.url))
let folder = ''

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crawler-broker-'))
  await mkdir(join(folder, 'media'))
  for (let i = 1; i <= items; i += 1) await writeFile(join(folder, 'media', `${i}.png`), png(i, i))
})
test.after(async () => {
  children.end()
  await rm(folder, { recursive: true, force: true })
})

const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 120_000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('it crawls what a message asks for, and gives up one that asks for nothing or lacks the secret', async () => {
  const broker = await startTestBroker()
  broker.queue('crawl', { sessions: true })
  const store = `sqlite:${join(folder, 'ledger.db')}`
  const ledger = await openLedger({ store, project: false })
  const { child, said, ended } = children.run(['--queue', 'crawl'], {
    STORE: store,
    AZURE_SERVICE_BUS_CONNECTION_STRING: broker.connectionString,
    MESSAGE_SECURITY_TOKEN: 'the-secret-of-the-queue',
  })
  try {
    const carrying = {
      sessionId: 'here',
      applicationProperties: { securityToken: 'the-secret-of-the-queue' },
    }
    const queries = [join(folder, 'media')]
    const context = WorkflowTracker.createBatchContext({ locationId: 'here', batchId: 'b1' })
    const body = { type: 'new_batch', context, payload: { locationId: 'here', queries } }
    broker.put('crawl', [
      { body, messageId: 'b1', ...carrying },
      { body: { ...body, context: { ...context, batchId: '' } }, messageId: 'm2', ...carrying },
      { body: { ...body, context: { ...context, batchId: 'b3' } }, messageId: 'b3', sessionId: 'here' },
    ])
    await until('the batch to be completed', async () => {
      assert.is(child.exitCode, null, said.err)
      return (await ledger.workflows.get(context))?.status === 'completed'
    })
    await until('all to be settled', async () => {
      const { completed, deadLettered } = broker.counts('crawl')
      return completed === 1 && deadLettered === 2
    })
    const workflow = await ledger.workflows.get(context)
    assert.equal([workflow?.items.finished, workflow?.errorCount], [items, 0])
    const dead = broker.messages('crawl/$deadletterqueue')
    assert.is(dead.find(({ messageId }) => messageId === 'm2')?.deadLetterReason, 'invalid')
    assert.is(await ledger.workflows.get({ locationId: 'here', batchId: 'b3' }), undefined)
    child.kill('SIGTERM')
    const { code, out, err } = await ended
    assert.is(code, 0, out + err)
  } finally {
    await ledger.close()
    await broker.close()
  }
})

test('where there is no such queue, or no broker is named, it ends with 1 and a sentence', async () => {
  const broker = await startTestBroker()
  const run = (url: string) =>
    children.run(['--queue', 'nowhere', '--store', 'memory:'], {
      AZURE_SERVICE_BUS_CONNECTION_STRING: url,
    }).ended
  try {
    const [missing, unnamed] = await Promise.all([run(broker.connectionString), run('')])
    assert.is(missing.code, 1)
    assert.match(missing.err, /has no entity nowhere/)
    assert.is(unnamed.code, 1)
    assert.match(unnamed.err, /set AZURE_SERVICE_BUS_CONNECTION_STRING, or AZURE_SERVICE_BUS_NAMESPACE/)
  } finally {
    await broker.close()
  }
})

test.run()

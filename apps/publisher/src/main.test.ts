import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childrenOf } from '@crawl-ledger/process/child'
import { startTestBroker, type TestBroker } from '@crawl-ledger/service-bus/test-broker'
import { openLedger } from 'crawl-ledger'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('the publisher as a process')
const children = childrenOf(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'publisher-'))
const store = `sqlite:${join(folder, 'ledger.db')}`
let broker: TestBroker

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  children.run(args, {
    STORE: store,
    AZURE_SERVICE_BUS_CONNECTION_STRING: broker.connectionString,
    ...env,
  })

test.before(async () => {
  broker = await startTestBroker()
  broker.topic('events')
  broker.subscription('events', 'all')
  const ledger = await openLedger({ store, partitions: 2, project: false })
  const context = {
    locationId: 'osaka-1',
    batchId: 'batch-1',
    stage: 'find-location',
    timestamp: '2024-05-01T12:00:00.000Z',
    completedStages: [],
    metadata: {},
  }
  await ledger.handle({ type: 'new_batch', context, payload: { queries: ['park'] } })
  await ledger.handle({ type: 'workflow_complete', context })
  await ledger.close()
})

test.after(async () => {
  children.end()
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
})

test('sends what was asked for, and ends with 0 on SIGTERM', async () => {
  const { child, ended } = run(['--to', 'events', '--from', 'start', '--events', 'WorkflowCompleted'])
  const sent = () => broker.messages('events/Subscriptions/all')
  while (sent().length === 0 && child.exitCode === null) await new Promise(resolve => setTimeout(resolve, 10))
  child.kill('SIGTERM')
  const { code, out, err } = await ended
  assert.is(err, '')
  assert.is(code, 0)
  assert.equal(
    sent().map(({ body }) => (body as { type: string }).type),
    ['WorkflowCompleted'],
  )
  assert.match(out, /closing after SIGTERM/)
  assert.not.match(out, /SharedAccessKey/)
})

test('what is wrong is one sentence, and 2 or 1', async () => {
  const [wrong, missing, noLedger, noBroker, twoBrokers] = await Promise.all([
    run([]).ended,
    run(['--to', 'nowhere', '--from', 'start']).ended,
    run(['--to', 'events', '--store', `sqlite:${join(folder, 'none.db')}`]).ended,
    run(['--to', 'events'], { AZURE_SERVICE_BUS_CONNECTION_STRING: '' }).ended,
    run(['--to', 'events'], { AZURE_SERVICE_BUS_NAMESPACE: 'name' }).ended,
  ])
  assert.is(wrong.code, 2)
  assert.match(wrong.err, /^--to: name the topic or queue/)
  assert.is(missing.code, 1)
  assert.match(missing.err, /has no entity nowhere/)
  assert.is(noLedger.code, 1)
  assert.match(noLedger.err, /holds no ledger/)
  assert.is(noBroker.code, 1)
  assert.match(noBroker.err, /set AZURE_SERVICE_BUS_CONNECTION_STRING, or AZURE_SERVICE_BUS_NAMESPACE/)
  assert.is(twoBrokers.code, 1)
  assert.match(twoBrokers.err, /are both set: leave one of them out/)
  for (const { err } of [wrong, missing, noLedger, noBroker, twoBrokers])
    assert.is(err.trim().split('\n').length, 1, err)
})

test.run()

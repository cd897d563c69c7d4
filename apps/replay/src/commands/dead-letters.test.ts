import { childrenOf } from '@crawl-ledger/process/child'
import { startTestBroker, type TestBroker } from '@crawl-ledger/service-bus/test-broker'
import { connectServiceBus, startConsumer } from 'crawl-ledger/service-bus'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('crawl-replay dead-letters')
const children = childrenOf(new URL('../main.ts', import.meta.url))
let broker: TestBroker

// The broker is in this process, which must go on meanwhile.
const run = async (...args: readonly string[]) => {
  const env = { AZURE_SERVICE_BUS_CONNECTION_STRING: broker.connectionString }
  const { code, out, err } = await children.run(['dead-letters', ...args], env).ended
  return { status: code, stdout: out, stderr: err }
}

test.before(async () => {
  broker = await startTestBroker()
  broker.queue('crawl')
  broker.queue('empty')
  const bus = await connectServiceBus({ connectionString: broker.connectionString })
  const consumer = startConsumer({
    bus,
    from: { queue: 'crawl' },
    sessions: false,
    handle: async () => ({ outcome: 'rejected', rejection: { code: 'invalid', message: 'No such thing.' } }),
    ping: async () => {},
  })
  const messages = ['m1', 'm2', 'm3'].map(messageId => ({ body: { type: 'nothing', messageId }, messageId }))
  broker.put('crawl', messages)
  while (broker.counts('crawl').deadLettered < 3) await new Promise(resolve => setTimeout(resolve, 10))
  await consumer.stop()
  await bus.close()
})

test.after(() => {
  children.end()
  return broker.close()
})

test('are listed, sent again by number, and then all', async () => {
  const [listed, asJson, none] = await Promise.all([
    run('list', '--queue', 'crawl', '--limit', '2'),
    run('list', '--queue', 'crawl', '--json'),
    run('list', '--queue', 'empty'),
  ])
  assert.is(listed.status, 1)
  for (const told of ['m1', 'm2', 'invalid: No such thing.', 'Perhaps there are more: --limit 4'])
    assert.ok(listed.stdout.includes(told), listed.stdout)
  assert.not.match(listed.stdout, 'm3')
  assert.is(asJson.status, 1)
  const { deadLetters } = JSON.parse(asJson.stdout)
  assert.equal(
    deadLetters.map(({ messageId }: { messageId: string }) => messageId),
    ['m1', 'm2', 'm3'],
  )
  assert.is(none.status, 0)
  assert.is(none.stdout, 'There are no dead letters.\n')

  const one = await run('resend', deadLetters[1].sequenceNumber, '999', '--queue', 'crawl')
  assert.is(one.stdout, '1 sent again. 1 was not there.\n')
  assert.is(one.status, 1)
  const all = await run('resend', '--all', '--queue', 'crawl', '--json')
  assert.is(all.status, 0)
  assert.equal(JSON.parse(all.stdout), { sent: 2, missing: 0 })
  assert.equal(
    broker.messages('crawl').map(({ applicationProperties }) => applicationProperties['crawl-message-id']),
    ['m2', 'm1', 'm3'],
  )
  assert.is(broker.messages('crawl/$deadletterqueue').length, 0)
})

test('a wrong command line is told so', async () => {
  const wrong = [
    ['list'],
    ['list', '--queue', 'crawl', '--topic', 'x'],
    ['resend', '--queue', 'crawl'],
    ['resend', 'x1', '--queue', 'crawl'],
    ['resend', '1', '--all', '--queue', 'crawl'],
  ]
  const told = await Promise.all(wrong.map(args => run(...args)))
  told.forEach(({ status, stderr }, i) => {
    assert.is(status, 2, wrong[i]?.join(' '))
    assert.is(stderr.trim().split('\n').length, 1)
  })
})

test('a queue that is not there is one sentence and 1', async () => {
  const { status, stderr } = await run('list', '--queue', 'nowhere')
  assert.is(status, 1)
  assert.match(stderr, /has no entity nowhere/)
  assert.is(stderr.trim().split('\n').length, 1)
})

test.run()

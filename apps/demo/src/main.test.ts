import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runDemo, startDemo } from './demo.test-kit.js'

const test = suite('main')
let folder = ''
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-main-'))
})
test.after(() => rm(folder, { recursive: true, force: true }))

test('shows every part, and the second time that no total has changed', async () => {
  const first = await runDemo(folder, [])
  assert.is(first.code, 0, first.err)
  assert.is(first.err, '')
  for (const part of [
    '537 messages in',
    'kyoto-fushimi-inari',
    '111 media items',
    'the AI service is over its quota',
    '"status":"success"',
    join(folder, '.crawl-ledger', 'sample.db'),
    'What to try next',
  ])
    assert.match(first.out, part)
  assert.not.match(first.out, '\u001b')
  const second = await runDemo(folder, [])
  assert.match(second.out, '0 recorded, 537 duplicates')
  assert.match(second.out, 'This run changed no total.')
})

test('--json prints one object and nothing else; rejected lines go to stderr', async () => {
  const lines = [
    '{"type":"new_batch","context":{"locationId":"a","batchId":"b"},"payload":{"queries":["q2","q1"]}}',
    '',
    'no message',
    '{"type":"item_found","context":{"locationId":"a","batchId":"b"},"payload":{}}',
  ]
  await writeFile(join(folder, 'few.jsonl'), lines.join('\n'))
  const { code, out, err } = await runDemo(folder, ['--from', 'few.jsonl', '--store', 'memory:', '--json'])
  assert.is(code, 0)
  const { seconds, ...rest } = JSON.parse(out)
  assert.equal(rest, {
    messages: { read: 3, recorded: 1, duplicate: 0, unchanged: 0, rejected: 2 },
    totals: {
      locations: 1,
      workflows: 1,
      activeWorkflows: 1,
      completedWorkflows: 0,
      failedWorkflows: 0,
      mediaItems: 0,
      errors: 0,
      video: 0,
      image: 0,
      post: 0,
      bytes: 0,
      analysed: 0,
    },
    locations: {
      a: {
        totalMediaItems: 0,
        activeWorkflows: 1,
        completedWorkflows: 0,
        failedWorkflows: 0,
        errors: 0,
        queries: ['q1', 'q2'],
      },
    },
  })
  assert.equal(Object.keys(seconds), ['ingest', 'project'])
  assert.match(err, /^line 3 rejected: not JSON: .*\nline 4 rejected: payload\.itemUrl: .*\n$/)
})

test('blank lines, CRLF and a byte order mark are no messages', async () => {
  const batch = (id: string) => `{"type":"new_batch","context":{"locationId":"a","batchId":"${id}"}}`
  await writeFile(join(folder, 'odd.jsonl'), `\ufeff${batch('b')}\r\n\r\n${batch('c')}\r\n  \n`)
  const { out, err } = await runDemo(folder, ['--from', 'odd.jsonl', '--store', 'memory:', '--json'])
  assert.is(err, '')
  const { messages, totals } = JSON.parse(out)
  assert.equal(messages, { read: 2, recorded: 2, duplicate: 0, unchanged: 0, rejected: 0 })
  assert.is(totals.workflows, 2)
})

test("the services' database is never taken by the demo", async () => {
  await writeFile(join(folder, 'none.jsonl'), '')
  const MONGODB_URI = 'mongodb://127.0.0.1:1/services'
  const { code, err } = await runDemo(folder, ['--from', 'none.jsonl', '--json'], { MONGODB_URI })
  assert.is(code, 0, err)
  assert.ok(existsSync(join(folder, '.crawl-ledger', 'none.db')))
  for (const file of ['none.jsonl', join('.crawl-ledger', 'none.db')]) await rm(join(folder, file))
})

test('at most twenty rejected lines are shown', async () => {
  await writeFile(join(folder, 'bad.jsonl'), 'x\n'.repeat(25))
  const { err } = await runDemo(folder, ['--from', 'bad.jsonl', '--store', 'memory:', '--json'])
  assert.match(err, 'line 20 rejected')
  assert.not.match(err, 'line 21')
  assert.match(err, 'and 5 more lines rejected')
})

test('a file that is not there is one sentence, and no store is made', async () => {
  assert.equal(await runDemo(folder, ['--from', 'none.jsonl']), {
    code: 1,
    out: '',
    err: 'none.jsonl does not exist: name a .jsonl or .jsonl.gz file with --from.\n',
  })
  assert.not.ok(existsSync(join(folder, '.crawl-ledger', 'none.db')))
})

test('a wrong option ends with 2, a store that cannot be used with 1', async () => {
  const wrong = await runDemo(folder, ['--frm'])
  assert.equal(wrong, { code: 2, out: '', err: 'There is no option --frm. See --help.\n' })
  const store = await runDemo(folder, [], { STORE: 'redis://u:geheim@h' })
  assert.is(store.code, 1)
  assert.match(store.err, /^STORE: .+\n$/)
  assert.not.match(store.err, 'geheim')
})

const serving = async (env: Record<string, string>, expected: RegExp): Promise<void> => {
  const { child, ended } = startDemo(folder, ['--serve', '--store', 'memory:'], env)
  let said = ''
  child.stdout?.on('data', data => {
    said += data
  })
  let curl: RegExpExecArray | null = null
  while (curl === null && child.exitCode === null) {
    await Promise.race([once(child.stdout ?? child, 'data'), ended])
    curl = /curl -H '(Authorization): (Bearer \S+)' '(http\S+)'/.exec(said)
  }
  const [, header = '', token = '', url = ''] = curl ?? []
  assert.match(token, expected)
  const answer = await fetch(url, { headers: { [header]: token } })
  assert.is(answer.status, 200)
  assert.is((await fetch(url)).status, 401)
  child.kill('SIGINT')
  const { code, err } = await ended
  assert.is(code, 130, err)
}

test('--serve stays up, answers who has the token, and ends on Ctrl-C', () =>
  serving({ PORT: '0' }, /^Bearer \S{24}$/))

test("--serve takes API_TOKEN as the server's token", () =>
  serving({ PORT: '0', API_TOKEN: 'a-token-of-24-characters' }, /^Bearer a-token-of-24-characters$/))

test.run()

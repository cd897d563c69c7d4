import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readCommand } from './options.js'

const test = suite('options')

const why = (...args: readonly string[]): string => {
  const command = readCommand(args)
  return command.kind === 'wrong' ? command.why : command.kind
}

test('a path and options', () => {
  assert.equal(readCommand(['--', 'a', '--store', 'memory:', '--batch=b', '--location', 'l', '--json']), {
    kind: 'crawl',
    options: { path: 'a', store: 'memory:', batch: 'b', location: 'l', json: true },
  })
  assert.is(readCommand(['-h']).kind, 'help')
})

test('a service takes its messages from a queue or from a subscription of a topic', () => {
  assert.equal(readCommand(['--queue', 'q', '--store', 'memory:']), {
    kind: 'serve',
    options: { from: { queue: 'q' }, store: 'memory:' },
  })
  assert.equal(readCommand(['--topic', 't', '--subscription', 's']), {
    kind: 'serve',
    options: { from: { topic: 't', subscription: 's' } },
  })
  assert.match(why('--topic', 't'), '--topic NAME and --subscription NAME')
  assert.match(why('--queue', 'q', '--topic', 't', '--subscription', 's'), 'from --queue NAME, or')
  assert.match(why('--queue', 'q', 'a'), 'leave out PATH')
})

test('a name may be any text', () => {
  for (const name of ['x/y', 'void:1', '100%'])
    assert.is(why('a', '--batch', name, '--location', name), 'crawl')
})

test('what is wrong is named', () => {
  assert.match(why(), 'Name a folder or a URL')
  assert.match(why('a', 'b'), '"b" is one too many')
  assert.match(why('ftp://x/'), 'neither a folder nor an http')
  assert.match(why('http://'), 'is no URL')
  assert.match(why('a', '--nope'), 'no option --nope')
  assert.match(why('a', '--store'), '--store needs a value')
  assert.match(why('a', '--json=1'), '--json takes no value')
  assert.match(why('a', '--batch', 'x'.repeat(201)), '--batch must have 1 to 200 characters')
  assert.match(why('a', '--location', ' '), '--location must have')
})

test.run()

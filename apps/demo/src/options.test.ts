import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { help, readCommand } from './options.js'

const test = suite('options')

test('nothing asks for a run with the sample', () => {
  assert.equal(readCommand([]), { kind: 'run', options: { json: false, serve: false } })
})

test('every option, also after the "--" that npm asks for', () => {
  const expected = { kind: 'run', options: { from: 'a.jsonl', store: 'memory:', json: true, serve: false } }
  assert.equal(readCommand(['--from', 'a.jsonl', '--store=memory:', '--json']), expected)
  assert.equal(readCommand(['--', '--from=a.jsonl', '--store', 'memory:', '--json']), expected)
  assert.equal(readCommand(['--serve']), { kind: 'run', options: { json: false, serve: true } })
})

test('help wins over the rest', () => {
  assert.is(readCommand(['--help']).kind, 'help')
  assert.is(readCommand(['--json', '-h']).kind, 'help')
})

test('what is wrong is told in one sentence that points at the help', () => {
  const why = (...args: string[]): string => {
    const command = readCommand(args)
    return command.kind === 'wrong' ? command.why : `${args} was accepted`
  }
  assert.is(why('--frm', 'x'), 'There is no option --frm. See --help.')
  assert.is(why('--constructor'), 'There is no option --constructor. See --help.')
  assert.is(why('x.jsonl'), '"x.jsonl" is not expected: a file is named with --from x.jsonl. See --help.')
  assert.is(why('--json=yes'), '--json takes no value. See --help.')
  for (const args of [['--from'], ['--from', '--json'], ['--from=']])
    assert.is(why(...args), '--from needs a value, as in --from messages.jsonl.gz. See --help.')
  assert.is(why('--store'), '--store needs a value, as in --store sqlite:crawl.db. See --help.')
  assert.match(why('--json', '--serve'), '--json ends with one object')
})

test('the help fits a terminal and names every option', () => {
  for (const option of ['--from', '--store', '--json', '--serve', '--help']) assert.match(help, option)
  assert.ok(help.split('\n').every(line => line.length <= 100))
})

test.run()

import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { help, readOptions } from './options.js'

test('reads what the command line gives', () => {
  assert.equal(readOptions([]), { help: false, host: '0.0.0.0', overrides: {} })
  assert.equal(readOptions(['--port', '0', '--store=memory:', '--host', '127.0.0.1']), {
    help: false,
    host: '127.0.0.1',
    overrides: { PORT: '0', STORE: 'memory:' },
  })
  assert.is(readOptions(['--help']).help, true)
  assert.is(readOptions(['-h']).help, true)
})

test('a secret is no option', () => {
  assert.throws(() => readOptions(['--token', 's3cret']), /^--token: set API_TOKEN/)
})

test('the help names every setting', () => {
  for (const name of [
    '--store',
    '--port',
    '--host',
    'STORE',
    'PORT',
    'API_TOKEN',
    'LOG_LEVEL',
    'openssl rand',
  ])
    assert.ok(help.includes(name), name)
})

test.run()

import { readSettings } from 'crawl-ledger'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { help, readOptions, withOwnPort } from './options.js'

test('reads what the command line gives', () => {
  assert.equal(readOptions([]), { help: false, host: '0.0.0.0', overrides: {} })
  const all =
    '--store=memory: --partitions 4 --pool-size 2 --lease-ms 2000 --rebuild auto --port 0 --log-level debug'
  assert.equal(readOptions([...all.split(' '), '--host', '127.0.0.1']), {
    help: false,
    host: '127.0.0.1',
    overrides: {
      STORE: 'memory:',
      PARTITIONS: '4',
      POOL_SIZE: '2',
      LEASE_MS: '2000',
      REBUILD: 'auto',
      PORT: '0',
      LOG_LEVEL: 'debug',
    },
  })
  assert.is(readOptions(['--help']).help, true)
  assert.is(readOptions(['-h']).help, true)
})

test('an option wins over the environment, and both over this app’s own port', () => {
  const port = (args: readonly string[], env: NodeJS.ProcessEnv) =>
    readSettings(env, withOwnPort(readOptions(args), env)).port
  assert.is(port([], {}), 3004)
  assert.is(port([], { PORT: '' }), 3004)
  assert.is(port([], { PORT: '1' }), 1)
  assert.is(port(['--port', '2'], { PORT: '1' }), 2)
})

test('a secret is no option', () => {
  assert.throws(() => readOptions(['--audit-key', 's3cret']), /^--audit-key: set AUDIT_KEY/)
})

test('the help names every setting', () => {
  for (const name of [
    ...['store', 'partitions', 'pool-size', 'lease-ms', 'rebuild', 'port', 'host', 'log-level'].map(
      o => `--${o} `,
    ),
    ...['STORE', 'PARTITIONS', 'POOL_SIZE', 'LEASE_MS', 'REBUILD', 'PORT', 'LOG_LEVEL', 'AUDIT_KEY'],
  ])
    assert.ok(help.includes(name), name)
})

test.run()

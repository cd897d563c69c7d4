import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readCommandLine } from './command-line.js'

const test = suite('command line')

const known = {
  settings: { store: 'STORE', port: 'PORT', 'lease-ms': 'LEASE_MS' },
  secrets: { token: 'API_TOKEN' },
} as const

test('reads settings under the names of the environment', () => {
  assert.equal(readCommandLine([], known), { help: false, host: '0.0.0.0', overrides: {} })
  const args = ['--port', '0', '--store=memory:', '--lease-ms', '2000', '--host', '127.0.0.1']
  assert.equal(readCommandLine(args, known), {
    help: false,
    host: '127.0.0.1',
    overrides: { STORE: 'memory:', PORT: '0', LEASE_MS: '2000' },
  })
  assert.is(readCommandLine(['--help'], known).help, true)
  assert.is(readCommandLine(['-h'], known).help, true)
})

for (const [args, expected] of [
  [['--token', 's3cret'], /^--token: set API_TOKEN/],
  [['--token=s3cret'], /^--token: set API_TOKEN/],
  [['--prot', 's3cret'], /^--prot: there is no such option/],
  [['--constructor'], /^--constructor: there is no such option/],
  [['--port'], /^--port: needs a value/],
  [['--store='], /^--store: needs a value/],
  [['mongodb://u:s3cret@h/db'], /^command line: /],
] as const)
  test(`refuses ${args.join(' ')} without repeating a value`, () => {
    assert.throws(
      () => readCommandLine(args, known),
      (error: unknown) =>
        error instanceof Error &&
        error.name === 'ConfigurationError' &&
        expected.test(error.message) &&
        !error.message.includes('s3cret'),
    )
  })

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { help, readOptions, UsageError } from './options.js'

const test = suite('options of the publisher')

test('a topic is enough', () => {
  assert.equal(readOptions(['--to', 'events']), {
    help: false,
    to: 'events',
    sessions: false,
    from: 'end',
    anew: false,
    overrides: {},
  })
})

test('everything can be said', () => {
  const args = '--to events --events WorkflowCompleted,WorkflowFailed --sessions --from start --anew'
  const settings = '--store sqlite:x.db --lease-ms 5000 --log-level warn'
  assert.equal(readOptions([...args.split(' '), ...settings.split(' ')]), {
    help: false,
    to: 'events',
    events: ['WorkflowCompleted', 'WorkflowFailed'],
    sessions: true,
    from: 'start',
    anew: true,
    overrides: { STORE: 'sqlite:x.db', LEASE_MS: '5000', LOG_LEVEL: 'warn' },
  })
})

test('what is wrong is named', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--to: name the topic/],
    [['--to', 'events', '--from', 'middle'], /not "middle"/],
    [['--to', 'events', '--events', 'Nothing'], /"Nothing" is no event. There are WorkflowStarted/],
    [['--to', 'events', '--nope'], /--nope/],
    [['events'], /events/],
  ]
  for (const [args, told] of wrong)
    assert.throws(
      () => readOptions(args),
      (error: unknown) => error instanceof UsageError && told.test(error.message),
      args.join(' '),
    )
})

test('help names every option', () => {
  assert.is(readOptions(['-h']).help, true)
  for (const name of ['to', 'events', 'sessions', 'from', 'anew', 'store', 'lease-ms', 'log-level'])
    assert.match(help, `--${name} `)
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigurationError } from './errors.js'
import { readSettings } from './settings.js'

const test = suite('settings')

const refused = (env: NodeJS.ProcessEnv): ConfigurationError => {
  try {
    readSettings(env)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('the defaults', () => {
  assert.equal(readSettings({}), {
    store: 'sqlite:crawl.db',
    poolSize: 10,
    port: 3003,
    leaseMs: 10_000,
    rebuild: 'manual',
    logLevel: 'info',
    spoolMax: 100_000,
    messageTokenProperty: 'securityToken',
    serviceBusQueue: 'post-office',
    database: 'ta_crawler_st',
  })
})

test('the database goes by NODE_ENV', () => {
  assert.is(readSettings({ NODE_ENV: 'production' }).database, 'ta_crawler')
  assert.is(readSettings({ NODE_ENV: 'test' }).database, 'ta_crawler_st')
})

test('a password that ends too early is neither taken nor shown', () => {
  for (const url of [
    'mongodb://user:pa@ss@host/crawl',
    'mongodb://user:pa/ss@host/crawl',
    'mongodb://user:pa?ss@host/crawl',
    'mongodb+srv://us/er:secret@host/crawl',
  ])
    for (const name of ['STORE', 'MONGODB_URI']) {
      const error = refused({ [name]: url })
      assert.match(error.message, /%40, %2F/)
      assert.not.match(error.message, /ss@host|secret/)
    }
  const fine = 'mongodb://user:p%40ss@one:1,two:2/crawl?replicaSet=a'
  assert.is(readSettings({ STORE: fine }).store, fine)
})

test('STORE wins over MONGODB_URI, and an override over both', () => {
  const MONGODB_URI = 'mongodb://host/crawl'
  assert.is(readSettings({ MONGODB_URI }).store, MONGODB_URI)
  assert.is(readSettings({ MONGODB_URI, STORE: 'memory:' }).store, 'memory:')
  assert.is(readSettings({ MONGODB_URI, STORE: '' }).store, MONGODB_URI)
  assert.is(readSettings({ MONGODB_URI, STORE: 'memory:' }, { STORE: 'sqlite:x.db' }).store, 'sqlite:x.db')
  assert.is(readSettings({ MONGODB_URI }, { STORE: 'sqlite:x.db' }).store, 'sqlite:x.db')
})

test('what services have set already is read by their names', () => {
  const { apiToken, messageToken, messageTokenProperty, serviceBusConnectionString, serviceBusQueue } =
    readSettings({
      API_TOKEN: 'a',
      AZURE_SERVICE_BUS_CONNECTION_STRING: 'Endpoint=sb://bus/;SharedAccessKeyName=n;SharedAccessKey=k',
      AZURE_SERVICE_BUS_QUEUE_NAME: 'crawl',
      MESSAGE_SECURITY_TOKEN: 'secret',
      MESSAGE_TOKEN_PROPERTY: 'token',
    })
  assert.equal(
    [apiToken, messageToken, messageTokenProperty, serviceBusQueue, serviceBusConnectionString?.slice(0, 14)],
    ['a', 'secret', 'token', 'crawl', 'Endpoint=sb://'],
  )
})

test('an override wins over the environment, and an empty value counts as none', () => {
  assert.is(readSettings({ PORT: '1' }, { PORT: '2' }).port, 2)
  assert.is(readSettings({ PORT: '' }).port, 3003)
})

for (const [name, value, words] of [
  ['PARTITIONS', '0', /PARTITIONS: it must be a whole number from 1 to 1024, and not "0"\./],
  ['PARTITIONS', '1.5', /whole number/],
  ['POOL_SIZE', 'many', /POOL_SIZE: it must be a whole number from 1 to 1000, and not "many"\./],
  ['PORT', '65536', /PORT: it must be a whole number from 0 to 65535/],
  ['LEASE_MS', '999', /LEASE_MS: it must be a whole number from 1000 to 600000, and not "999"\./],
  ['REBUILD', 'always', /REBUILD: it must be one of auto, manual, and not "always"\./],
  ['LOG_LEVEL', 'loud', /LOG_LEVEL: it must be one of fatal, error, warn/],
] as const)
  test(`${name}=${value} is refused in words`, () => {
    assert.match(refused({ [name]: value }).message, words)
  })

test('a secret that is refused is not shown', () => {
  for (const name of ['STORE', 'MONGODB_URI', 'AUDIT_KEY', 'AZURE_SERVICE_BUS_CONNECTION_STRING']) {
    const { message, setting } = refused({ [name]: 'hunter2' })
    assert.is(setting, name)
    assert.not.match(message, /hunter2/)
  }
})

test.run()

import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { ConfigurationError } from './errors.js'
import { hasOpenSecret } from './mongo-url.js'

/** What the apps read from the environment. */
export interface Settings {
  /** `memory:`, `sqlite:FILE`, `mongodb://…` or `mongodb+srv://…`. Default `sqlite:crawl.db`. */
  readonly store: string
  /** Fixed when a ledger is created, so it may be left out later. 1 to 1024; default 16. */
  readonly partitions?: number
  /** Connections to MongoDB. 1 to 1000; default 10. */
  readonly poolSize: number
  /** Where a server listens. 0 to 65535 (0: any free one); default 3003, and 3004 for a worker. */
  readonly port: number
  /** After how long a worker that does not answer loses its partitions. 1000 to 600000; default 10000. */
  readonly leaseMs: number
  /** Whether a worker that is newer than the views builds them anew by itself. Default `manual`. */
  readonly rebuild: RebuildPolicy
  readonly logLevel: LogLevel
  /** The file of the spool; left out where there is none. */
  readonly spool?: string
  /** How many messages may wait in the spool. 1 to 10000000; default 100000. */
  readonly spoolMax: number
  /** The Bearer token of the HTTP API. */
  readonly apiToken?: string
  /** The secret that messages of the queue carry, and the application property it is in. */
  readonly messageToken?: string
  readonly messageTokenProperty: string
  /** Makes the hash chain an HMAC. */
  readonly auditKey?: string
  /** Where messages come from and events go to; either this or `serviceBusNamespace`. */
  readonly serviceBusConnectionString?: string
  /** The queue of the services' messages. Default `post-office`. */
  readonly serviceBusQueue: string
  /** `NAME.servicebus.windows.net`: signs in with `DefaultAzureCredential`. */
  readonly serviceBusNamespace?: string
  /** The MongoDB database where the store's URL names none. */
  readonly database: string
}

/** How many messages may wait in a spool where nothing else is said. */
export const defaultSpoolMax = 100_000

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof levels)[number]

const rebuildPolicies = ['auto', 'manual'] as const
export type RebuildPolicy = (typeof rebuildPolicies)[number]

/** A text of the environment as a number in a range; its name says what is allowed. */
const whole = (low: number, high: number): t.Type<number, string, unknown> =>
  new t.Type(
    `a whole number from ${low} to ${high}`,
    t.number.is,
    (input, context) => {
      const number = typeof input === 'string' && /^\d{1,9}$/.test(input.trim()) ? Number(input) : Number.NaN
      return number >= low && number <= high ? t.success(number) : t.failure(input, context)
    },
    String,
  )

const text = (name: string, holds: (value: string) => boolean): t.Type<string, string, unknown> =>
  new t.Type(
    name,
    t.string.is,
    (input, context) =>
      typeof input === 'string' && holds(input) ? t.success(input) : t.failure(input, context),
    t.identity,
  )

const oneOf = <A extends string>(values: readonly A[]): t.Type<A, string, unknown> => {
  const holds = (input: unknown): input is A => (values as readonly unknown[]).includes(input)
  return new t.Type(
    `one of ${values.join(', ')}`,
    holds,
    (input, context) => (holds(input) ? t.success(input) : t.failure(input, context)),
    t.identity,
  )
}

const mongoForm = /^mongodb(\+srv)?:\/\/.+/
const isMongo = (url: string): boolean => mongoForm.test(url) && !hasOpenSecret(url)
/** The address itself is not shown, so the one mistake that is not seen in its form is told. */
const escaped = '(@, / and ? in a user name or password are written %40, %2F and %3F)'

const codecs = {
  STORE: text(
    `memory:, sqlite:FILE, mongodb://HOST/DATABASE or mongodb+srv://HOST/DATABASE ${escaped}`,
    s => /^(memory:$|sqlite:.+)/.test(s) || isMongo(s),
  ),
  PARTITIONS: whole(1, 1024),
  POOL_SIZE: whole(1, 1000),
  PORT: whole(0, 65535),
  LEASE_MS: whole(1000, 600_000),
  REBUILD: oneOf(rebuildPolicies),
  LOG_LEVEL: oneOf(levels),
  SPOOL: text('a file, or off', s => !s.endsWith('/') && !s.startsWith(':')),
  SPOOL_MAX: whole(1, 10_000_000),
  MONGODB_URI: text(`mongodb://HOST/DATABASE or mongodb+srv://HOST/DATABASE ${escaped}`, isMongo),
  API_TOKEN: text('a text that is not blank', s => s.trim() !== ''),
  MESSAGE_SECURITY_TOKEN: text('a text that is not blank', s => s.trim() !== ''),
  MESSAGE_TOKEN_PROPERTY: text('the name of an application property', s => s.trim() !== ''),
  AUDIT_KEY: text('a text of at least 16 characters', s => s.length >= 16),
  AZURE_SERVICE_BUS_CONNECTION_STRING: text('Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…', s =>
    /^Endpoint=sb:\/\//i.test(s),
  ),
  AZURE_SERVICE_BUS_QUEUE_NAME: text('the name of a queue', s => s.trim() !== ''),
  AZURE_SERVICE_BUS_NAMESPACE: text('NAME or NAME.servicebus.windows.net', s =>
    /^[a-z0-9][a-z0-9.-]*$/i.test(s),
  ),
}

export type SettingName = keyof typeof codecs

/** Settings whose value is never shown. A store's URL may hold a password. */
const secret: ReadonlySet<SettingName> = new Set([
  'STORE',
  'MONGODB_URI',
  'API_TOKEN',
  'MESSAGE_SECURITY_TOKEN',
  'AUDIT_KEY',
  'AZURE_SERVICE_BUS_CONNECTION_STRING',
])

const read = <A>(
  name: SettingName,
  codec: t.Type<A, string, unknown>,
  value: string | undefined,
): A | undefined => {
  if (value === undefined || value === '') return undefined
  const decoded = codec.decode(value)
  if (E.isRight(decoded)) return decoded.right
  const got = secret.has(name) ? '' : `, and not "${value}"`
  throw new ConfigurationError(name, `it must be ${codec.name}${got}.`)
}

const known = <K extends string, A>(key: K, value: A | undefined): { [P in K]?: A } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: A })

/**
 * Reads the settings.
 *
 * @param env the environment
 * @param overrides values that win over it, as from a command line
 * @throws ConfigurationError with a sentence that names the setting and what is allowed
 */
export const readSettings = (
  env: NodeJS.ProcessEnv,
  overrides: { readonly [N in SettingName]?: string } = {},
): Settings => {
  const value = (name: SettingName): string | undefined => overrides[name] ?? env[name]
  const spool = read('SPOOL', codecs.SPOOL, value('SPOOL'))
  return {
    store:
      read('STORE', codecs.STORE, value('STORE')) ??
      read('MONGODB_URI', codecs.MONGODB_URI, value('MONGODB_URI')) ??
      'sqlite:crawl.db',
    poolSize: read('POOL_SIZE', codecs.POOL_SIZE, value('POOL_SIZE')) ?? 10,
    port: read('PORT', codecs.PORT, value('PORT')) ?? 3003,
    leaseMs: read('LEASE_MS', codecs.LEASE_MS, value('LEASE_MS')) ?? 10_000,
    rebuild: read('REBUILD', codecs.REBUILD, value('REBUILD')) ?? 'manual',
    logLevel: read('LOG_LEVEL', codecs.LOG_LEVEL, value('LOG_LEVEL')) ?? 'info',
    spoolMax: read('SPOOL_MAX', codecs.SPOOL_MAX, value('SPOOL_MAX')) ?? defaultSpoolMax,
    database: env.NODE_ENV === 'production' ? 'ta_crawler' : 'ta_crawler_st',
    ...known('partitions', read('PARTITIONS', codecs.PARTITIONS, value('PARTITIONS'))),
    ...known('spool', spool === 'off' ? undefined : spool),
    ...known('apiToken', read('API_TOKEN', codecs.API_TOKEN, value('API_TOKEN'))),
    ...known(
      'messageToken',
      read('MESSAGE_SECURITY_TOKEN', codecs.MESSAGE_SECURITY_TOKEN, value('MESSAGE_SECURITY_TOKEN')),
    ),
    messageTokenProperty:
      read('MESSAGE_TOKEN_PROPERTY', codecs.MESSAGE_TOKEN_PROPERTY, value('MESSAGE_TOKEN_PROPERTY')) ??
      'securityToken',
    serviceBusQueue:
      read(
        'AZURE_SERVICE_BUS_QUEUE_NAME',
        codecs.AZURE_SERVICE_BUS_QUEUE_NAME,
        value('AZURE_SERVICE_BUS_QUEUE_NAME'),
      ) ?? 'post-office',
    ...known('auditKey', read('AUDIT_KEY', codecs.AUDIT_KEY, value('AUDIT_KEY'))),
    ...known(
      'serviceBusConnectionString',
      read(
        'AZURE_SERVICE_BUS_CONNECTION_STRING',
        codecs.AZURE_SERVICE_BUS_CONNECTION_STRING,
        value('AZURE_SERVICE_BUS_CONNECTION_STRING'),
      ),
    ),
    ...known(
      'serviceBusNamespace',
      read(
        'AZURE_SERVICE_BUS_NAMESPACE',
        codecs.AZURE_SERVICE_BUS_NAMESPACE,
        value('AZURE_SERVICE_BUS_NAMESPACE'),
      ),
    ),
  }
}

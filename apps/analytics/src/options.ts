import { parseArgs } from 'node:util'
import { ConfigurationError } from 'crawl-ledger'

export const help = `Answers analysts over HTTP from a ledger.

  STORE=mongodb://HOST/ta_crawler ANALYTICS_TOKEN=SECRET npx tsx apps/analytics/src/main.ts

Settings (an option wins over the environment)
  --store URL      STORE            where the ledger is: mongodb://HOST/DATABASE, sqlite:FILE or memory:; by default sqlite:crawl.db
  --port NUMBER    PORT             where to listen, by default 3003
  --host ADDRESS                    on which address, by default 0.0.0.0 (all); 127.0.0.1 behind a proxy
                   ANALYTICS_TOKEN  what callers must send, 16 characters or more; make one with: openssl rand -hex 32
                   LOG_LEVEL        trace, debug, info, warn, error, fatal or silent; by default info
  --help                            this text

The token is no option, since the list of processes would show it to everyone on the machine.

Ask it
  curl -H "Authorization: Bearer $ANALYTICS_TOKEN" "http://localhost:3003/analytics?locationId=LOCATION"
  curl http://localhost:3003/health

It ends with 0 after SIGTERM or Ctrl-C, and with 1 when it cannot start; DEBUG=1 shows where an error came from.
`

export interface Options {
  readonly help: boolean
  readonly host: string
  /** Settings by the names that they have in the environment. */
  readonly overrides: { readonly PORT?: string; readonly STORE?: string }
}

const known = {
  help: { type: 'boolean', short: 'h' },
  host: { type: 'string' },
  port: { type: 'string' },
  store: { type: 'string' },
} as const

/** Reads the command line. Throws a `ConfigurationError` that never repeats a value: it may be a secret. */
export const readOptions = (args: readonly string[]): Options => {
  const { values, tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true })

  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new ConfigurationError(
        'command line',
        'give settings as options such as --port 3003; --help lists them.',
      )
    if (token.kind === 'option-terminator') continue
    if (token.name === 'token')
      throw new ConfigurationError(
        '--token',
        'set ANALYTICS_TOKEN in the environment instead, since the list of processes shows options to everyone.',
      )
    if (!Object.hasOwn(known, token.name))
      throw new ConfigurationError(token.rawName, 'there is no such option; --help lists them.')
    if (token.name !== 'help' && !token.value)
      throw new ConfigurationError(token.rawName, `needs a value; --help tells which.`)
  }

  const { host, port, store } = values
  return {
    help: values.help === true,
    host: typeof host === 'string' ? host : '0.0.0.0',
    overrides: {
      ...(typeof port === 'string' ? { PORT: port } : {}),
      ...(typeof store === 'string' ? { STORE: store } : {}),
    },
  }
}

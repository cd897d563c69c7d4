import { type CommandLine, readCommandLine } from '@crawl-ledger/process'

export const help = `Answers analysts over HTTP from a ledger.

  STORE=mongodb://HOST/ta_crawler API_TOKEN=SECRET npx tsx apps/analytics/src/main.ts

Settings (an option wins over the environment)
  --store URL      STORE            where the ledger is: mongodb://HOST/DATABASE, sqlite:FILE or memory:; by default sqlite:crawl.db
  --port NUMBER    PORT             where to listen, by default 3003
  --host ADDRESS                    on which address, by default 0.0.0.0 (all); 127.0.0.1 behind a proxy
                   API_TOKEN  what callers must send, 16 characters or more; make one with: openssl rand -hex 32
                   LOG_LEVEL        trace, debug, info, warn, error, fatal or silent; by default info
  --help                            this text

The token is no option, since the list of processes would show it to everyone on the machine.

Ask it
  curl -H "Authorization: Bearer $API_TOKEN" "http://localhost:3003/analytics?locationId=LOCATION"
  curl http://localhost:3003/health

It ends with 0 after SIGTERM or Ctrl-C, and with 1 when it cannot start; DEBUG=1 shows where an error came from.
`

/** Reads the command line. Throws a `ConfigurationError`. */
export const readOptions = (args: readonly string[]): CommandLine =>
  readCommandLine(args, {
    settings: { port: 'PORT', store: 'STORE' },
    secrets: { token: 'API_TOKEN' },
  })

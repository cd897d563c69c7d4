import { type CommandLine, readCommandLine } from '@crawl-ledger/process'

export const help = `Folds the log into its views. Start as many of these workers as you like: they share the partitions evenly, and when
one ends or dies the others go on with its part.

  STORE=mongodb://HOST/ta_crawler npx -y pnpm@12 projector

Settings (an option wins over the environment)
  --store URL         STORE       where the ledger is: mongodb://HOST/DATABASE, sqlite:FILE or memory:; by default sqlite:crawl.db
  --partitions N      PARTITIONS  only where this worker makes the ledger: 1 to 1024, by default 16
  --pool-size N       POOL_SIZE   connections to MongoDB, 1 to 1000, by default 10
  --lease-ms N        LEASE_MS    after how many milliseconds without a sign of life others take a worker's partitions:
                                  1000 to 600000, by default 10000
  --rebuild POLICY    REBUILD     when this program is newer than the views: auto builds them anew by itself, beside those
                                  that are read; manual (by default) ends and names the command
  --port NUMBER       PORT        where /health and /metrics are, by default 3004; 0 is any free one
  --host ADDRESS                  on which address, by default 0.0.0.0 (all)
  --log-level LEVEL   LOG_LEVEL   trace, debug, info, warn, error, fatal or silent; by default info
                      AUDIT_KEY   the key of the hash chain, the same for all who write and verify
  --help                          this text

A password in STORE is better given in the environment, since the list of processes shows options to everyone.

Ask it
  curl http://localhost:3004/health    is it well, what does it hold, how far behind are the views
  curl http://localhost:3004/metrics   the same and more for Prometheus

SIGTERM or Ctrl-C ends the batch in hand, gives the partitions back and ends with 0, within ten seconds; a second one ends
at once. It ends with 1 when it cannot start or cannot go on, and its log says what to do. DEBUG=1 shows where an error at
the start came from.
`

const settings = {
  store: 'STORE',
  partitions: 'PARTITIONS',
  'pool-size': 'POOL_SIZE',
  'lease-ms': 'LEASE_MS',
  rebuild: 'REBUILD',
  port: 'PORT',
  'log-level': 'LOG_LEVEL',
} as const

/** Reads the command line. Throws a `ConfigurationError`. */
export const readOptions = (args: readonly string[]): CommandLine =>
  readCommandLine(args, { settings, secrets: { 'audit-key': 'AUDIT_KEY' } })

const defaultPort = '3004'

/** The overrides with this app's own default port, which is not the analytics server's. */
export const withOwnPort = (
  { overrides }: Pick<CommandLine, 'overrides'>,
  env: NodeJS.ProcessEnv,
): CommandLine['overrides'] => ({ ...overrides, PORT: overrides.PORT ?? (env.PORT || defaultPort) })

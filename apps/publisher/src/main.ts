import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { processLogger } from '@crawl-ledger/process'
import { explain, readSettings } from 'crawl-ledger'
import { Ending } from 'crawl-ledger/ending'
import { connectServiceBus, Publisher, publisherName } from 'crawl-ledger/service-bus'
import { openStore } from 'crawl-ledger/store'
import { help, readOptions, UsageError } from './options.js'

/** Gives the code to exit with. */
const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(help)
    return 0
  }
  const { to, events, sessions, from } = options
  const settings = readSettings(process.env, options.overrides)
  const { serviceBusConnectionString: connectionString, serviceBusNamespace: namespace } = settings
  const logger = processLogger({
    service: 'publisher',
    level: settings.logLevel,
    secrets: [connectionString ?? '', settings.auditKey ?? ''],
  })
  const bus = await connectServiceBus({ connectionString, namespace })
  const { store, name } = await openStore({
    store: settings.store,
    poolSize: settings.poolSize,
    create: false,
  })
  const ending = new Ending({ log: logger })
  ending.opened(`the broker ${bus.name}`, () => bus.close())
  ending.opened(name, () => store.close())
  try {
    if (options.anew) await store.builds.forget(publisherName(to))
    const server = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
    logger.info({ publisher: server, store: name, bus: bus.name, to, events: events ?? 'all' }, 'started')
    const publisher = new Publisher({
      bus,
      to,
      store,
      server,
      sessions,
      from,
      leaseMs: settings.leaseMs,
      logger,
      ...(events === undefined ? {} : { events }),
    })
    ending.opened('the messages in hand', () => publisher.stop())
    ending.signal.addEventListener('abort', () => void publisher.stop())
    await publisher.finished
    return 0
  } finally {
    await ending.close()
  }
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof UsageError ? error.message : explain(error)}\n`)
    process.exit(error instanceof UsageError ? 2 : 1)
  },
)

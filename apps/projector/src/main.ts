import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { listen, loggedError, processLogger, scrubber } from '@crawl-ledger/process'
import { explain, readSettings } from 'crawl-ledger'
import { Ending } from 'crawl-ledger/ending'
import { openStore } from 'crawl-ledger/store'
import { Registry } from 'prom-client'
import { healthCheck } from './health.js'
import { prometheusMeter } from './meter.js'
import { metricsText } from './metrics.js'
import { help, readOptions, withOwnPort } from './options.js'
import { projectorServer } from './server.js'
import { sparing } from './sparing.js'
import { standing as makeStanding } from './standing.js'
import { Trouble } from './trouble.js'
import { Worker } from './worker.js'

/** Gives the code to exit with. */
const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(help)
    return 0
  }

  const settings = readSettings(process.env, withOwnPort(options, process.env))
  const { auditKey, partitions, leaseMs, rebuild } = settings
  const logger = processLogger({
    service: 'projector',
    level: settings.logLevel,
    secrets: [auditKey ?? ''],
  })
  const { store, name: storeName } = await openStore({
    store: settings.store,
    poolSize: settings.poolSize,
    ...(partitions === undefined ? {} : { partitions }),
    ...(auditKey === undefined ? {} : { auditKey }),
  })

  const ending = new Ending({ log: logger })
  ending.opened(storeName, () => store.close())
  const trouble = new Trouble(logger)
  const ask = makeStanding(store)
  const standing = async () => {
    const status = await ask()
    trouble.look(status)
    return status
  }
  const registry = new Registry()
  const meter = prometheusMeter(registry, failures => {
    trouble.heldBack(failures)
    void standing().catch(() => {})
  })

  const name = `${hostname()}:${process.pid}:${randomBytes(3).toString('hex')}`
  const says = sparing()
  const worker = new Worker(store, { name, leaseMs, rebuild, logger, meter })
  ending.signal.addEventListener('abort', () => void worker.stop())
  const server = projectorServer({
    logger,
    metrics: metricsText(registry, { standing, partitions: () => worker.partitions }),
    health: healthCheck({
      worker,
      store,
      storeName,
      standing,
      onFailure: error => {
        const failure = loggedError(error, scrubber())
        if (says(failure.message)) logger.warn({ error: failure }, 'the store does not answer')
      },
    }),
  })

  ending.opened('the HTTP server', () => server.close())
  ending.opened('the partitions in hand', () => worker.stop())

  try {
    await listen(
      server,
      { host: options.host, port: settings.port },
      address => `health at ${address}/health`,
    )
    logger.info(
      { worker: name, store: storeName, partitions: store.log.partitions, leaseMs, rebuild },
      'started',
    )
    const failure: unknown = await worker.run().catch((error: unknown) => error)
    if (failure === undefined) logger.info('stopped')
    else logger.error({ error: loggedError(failure, scrubber()) }, explain(failure))
    return failure === undefined ? 0 : 1
  } finally {
    await ending.close()
  }
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`)
    process.exit(1)
  },
)

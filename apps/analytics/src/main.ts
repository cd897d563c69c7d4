import { analyticsServer, usableToken } from '@crawl-ledger/analytics'
import { listen, processLogger } from '@crawl-ledger/process'
import { explain, readSettings } from 'crawl-ledger'
import { Ending } from 'crawl-ledger/ending'
import { openToAnswer } from './open.js'
import { help, readOptions } from './options.js'

const main = async (): Promise<void> => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(help)
    return
  }

  const { store, partitions, poolSize, port, logLevel, apiToken, auditKey } = readSettings(
    process.env,
    options.overrides,
  )
  const token = usableToken(apiToken)
  const logger = processLogger({ service: 'analytics', level: logLevel, secrets: [token, auditKey ?? ''] })

  const ledger = await openToAnswer({
    store,
    poolSize,
    logger,
    ...(partitions === undefined ? {} : { partitions }),
    ...(auditKey === undefined ? {} : { auditKey }),
  })
  const ending = new Ending({ log: logger })
  ending.opened(`the ledger at ${ledger.store}`, ledger.close)
  try {
    const app = analyticsServer({ ledger, token, logger })
    ending.opened('the HTTP server', () => app.close())
    await listen(
      app,
      { host: options.host, port },
      address => `analytics of ${ledger.store} at ${address}/analytics`,
    )
    await ending.asked()
  } finally {
    await ending.close()
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`)
    process.exit(1)
  },
)

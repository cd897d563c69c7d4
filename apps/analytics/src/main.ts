import { analyticsLogger, analyticsServer, usableToken } from '@crawl-ledger/analytics'
import { explain, openLedger, readSettings } from 'crawl-ledger'
import { listen } from './listen.js'
import { help, readOptions } from './options.js'
import { untilStopped } from './shutdown.js'

const main = async (): Promise<void> => {
  const options = readOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(help)
    return
  }

  const { store, partitions, poolSize, port, logLevel, analyticsToken, auditKey } = readSettings(
    process.env,
    options.overrides,
  )
  const token = usableToken(analyticsToken)
  const logger = analyticsLogger({ level: logLevel, secrets: [token, auditKey ?? ''] })

  const ledger = await openLedger({
    store,
    poolSize,
    logger,
    ...(partitions === undefined ? {} : { partitions }),
    ...(auditKey === undefined ? {} : { auditKey }),
  })
  const app = analyticsServer({ ledger, token, logger })

  await listen(app, options.host, port, ledger.store)
  await untilStopped(logger, async () => {
    await app.close()
    await ledger.close()
  })
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`)
    process.exit(1)
  },
)

import { openLedger, readSettings } from 'crawl-ledger'
import { Ending } from 'crawl-ledger/ending'
import { pino } from 'pino'
import { type Entity, fromServiceBus } from './broker.js'
import { usualPace } from './crawler.js'
import { usualLimits } from './limits.js'
import { serve } from './serve.js'

export interface ServiceOptions {
  readonly from: Entity
  readonly store?: string
}

/** Crawls what the messages of a queue or a subscription ask for, until told to stop. */
export const runService = async ({ from, store }: ServiceOptions, env: NodeJS.ProcessEnv): Promise<void> => {
  const settings = readSettings(env, store === undefined ? {} : { STORE: store })
  const { serviceBusConnectionString: connectionString, serviceBusNamespace: namespace } = settings
  const { messageToken: value, messageTokenProperty: property } = settings
  const secret = value === undefined ? {} : { securityToken: { value, property } }
  const messages = await fromServiceBus({ connectionString, namespace }, from, secret)
  const logger = pino({ level: settings.logLevel, base: { service: 'crawler' } })
  const ledger = await openLedger({ ...settings, logger })
  const ending = new Ending({ log: logger })
  ending.opened(`the ledger at ${ledger.store}`, ledger.close)
  try {
    logger.info({ store: ledger.store, from }, 'started')
    const { signal } = ending
    const served = serve({ ledger, logger, messages, limits: usualLimits, ...usualPace, signal })
    ending.opened('the messages and the items in hand', () => served)
    await served
    logger.info({}, 'stopped')
  } finally {
    await ending.close()
  }
}

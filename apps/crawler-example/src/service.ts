import { openLedger, readSettings } from 'crawl-ledger'
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
export const runService = async (
  { from, store }: ServiceOptions,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> => {
  const settings = readSettings(env, store === undefined ? {} : { STORE: store })
  const { serviceBusConnectionString: connectionString, serviceBusNamespace: namespace } = settings
  const { messageToken: value, messageTokenProperty: property } = settings
  const guard = value === undefined ? {} : { securityToken: { value, property } }
  const messages = await fromServiceBus({ connectionString, namespace }, from, guard)
  const logger = pino({ level: settings.logLevel, base: { service: 'crawler' } })
  const ledger = await openLedger({ ...settings, logger })
  try {
    logger.info({ store: ledger.store, from }, 'started')
    await serve({ ledger, logger, messages, limits: usualLimits, ...usualPace, signal })
    logger.info({}, 'stopped')
  } finally {
    await ledger.close()
  }
}

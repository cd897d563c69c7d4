import { ConfigurationError, openLedger, readSettings } from 'crawl-ledger'
import { pino } from 'pino'
import { type Connection, type Entity, fromServiceBus } from './broker.js'
import { usualPace } from './crawler.js'
import { usualLimits } from './limits.js'
import { serve } from './serve.js'

export interface ServiceOptions {
  readonly from: Entity
  readonly store?: string
}

const connectionIn = (env: NodeJS.ProcessEnv): Connection => {
  const { SERVICE_BUS_CONNECTION_STRING: connectionString = '', SERVICE_BUS_NAMESPACE: namespace = '' } = env
  if (connectionString !== '') return { connectionString }
  if (namespace !== '') return { namespace }
  throw new ConfigurationError(
    'SERVICE_BUS_CONNECTION_STRING',
    'set it, or SERVICE_BUS_NAMESPACE to sign in with the credentials of this machine.',
  )
}

/** Crawls what the messages of a queue or a subscription ask for, until told to stop. */
export const runService = async (
  { from, store }: ServiceOptions,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> => {
  const connection = connectionIn(env)
  const settings = readSettings(env, store === undefined ? {} : { STORE: store })
  const logger = pino({ level: settings.logLevel, base: { service: 'crawler' } })
  const ledger = await openLedger({ ...settings, logger })
  try {
    logger.info({ store: ledger.store, from }, 'started')
    const messages = fromServiceBus(connection, from)
    await serve({ ledger, logger, messages, limits: usualLimits, ...usualPace, signal })
    logger.info({}, 'stopped')
  } finally {
    await ledger.close()
  }
}

import { parseArgs } from 'node:util'
import { type EventType, eventTypes } from '@crawl-ledger/domain'
import type { SettingName } from 'crawl-ledger'

export const help = `Sends the events of a log to a topic or queue of Azure Service Bus, as they come: at least once, in the order of each
location, with ids by which the broker's duplicate detection knows one that is sent again. Start several: they share the
partitions, and when one dies the others go on with its part.

  STORE=mongodb://HOST/ta_crawler AZURE_SERVICE_BUS_NAMESPACE=NAME npx -y pnpm@12 publisher --to TOPIC

  --to NAME            the topic or queue
  --events A,B         only these events, such as WorkflowCompleted,WorkflowFailed; by default all
  --sessions           messages carry their location as session, so that a receiver has them in order
  --from WHERE         where one that never ran begins: end (by default), with what comes from now on; start, with the
                       first commit of the log
  --anew               forget how far it came, and begin as if it had never run: after the log was restored from a copy

Settings (an option wins over the environment)
  --store URL         STORE       where the ledger is: mongodb://HOST/DATABASE or sqlite:FILE
  --lease-ms N        LEASE_MS    after how many milliseconds without a sign of life others take a publisher's partitions
  --log-level LEVEL   LOG_LEVEL   trace, debug, info, warn, error, fatal or silent; by default info
                      AZURE_SERVICE_BUS_CONNECTION_STRING, or AZURE_SERVICE_BUS_NAMESPACE with the identity of the machine
  --help                          this text

SIGTERM or Ctrl-C ends the batch in hand and ends with 0. It ends with 1 when it cannot start or cannot go on, and with
2 for a wrong command line.
`

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Options {
  readonly help: boolean
  readonly to: string
  readonly events?: readonly EventType[]
  readonly sessions: boolean
  readonly from: 'end' | 'start'
  readonly anew: boolean
  readonly overrides: { readonly [N in SettingName]?: string }
}

const known = {
  to: { type: 'string' },
  events: { type: 'string' },
  sessions: { type: 'boolean' },
  from: { type: 'string' },
  anew: { type: 'boolean' },
  store: { type: 'string' },
  'lease-ms': { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const eventsOf = (text: string): readonly EventType[] => {
  const names = text.split(',').map(name => name.trim())
  const wrong = names.find(name => !(eventTypes as readonly string[]).includes(name))
  if (wrong !== undefined)
    throw new UsageError(`--events: "${wrong}" is no event. There are ${eventTypes.join(', ')}.`)
  return names as EventType[]
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: known }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('.')[0]}. --help tells more.`)
  }
}

/**
 * Reads the command line.
 *
 * @throws UsageError
 */
export const readOptions = (args: readonly string[]): Options => {
  const values = parsed(args)
  const { to = '', events, from = 'end' } = values
  if (values.help !== true && to === '')
    throw new UsageError('--to: name the topic or queue. --help tells more.')
  if (from !== 'end' && from !== 'start')
    throw new UsageError(`--from: it is end or start, and not "${from}".`)
  const overrides = { STORE: values.store, LEASE_MS: values['lease-ms'], LOG_LEVEL: values['log-level'] }
  return {
    help: values.help === true,
    to,
    ...(events === undefined ? {} : { events: eventsOf(events) }),
    sessions: values.sessions === true,
    from,
    anew: values.anew === true,
    overrides: Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)),
  }
}

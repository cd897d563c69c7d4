import { readSettings } from 'crawl-ledger'
import {
  type Bus,
  connectServiceBus,
  type DeadLetter,
  deadLetters,
  type Entity,
  resendDeadLetters,
} from 'crawl-ledger/service-bus'
import { count, outputOf, short } from '../output.js'
import { table } from '../table.js'
import { UsageError } from '../usage.js'

interface Asked {
  readonly queue?: string
  readonly topic?: string
  readonly subscription?: string
  readonly json?: boolean
}

const entityOf = ({ queue, topic, subscription }: Asked): Entity => {
  if (queue !== undefined && topic === undefined && subscription === undefined) return { queue }
  if (queue === undefined && topic !== undefined && subscription !== undefined) return { topic, subscription }
  throw new UsageError('Name either --queue NAME, or --topic NAME and --subscription NAME.')
}

const withBus = async <A>(use: (bus: Bus) => Promise<A>): Promise<A> => {
  const { serviceBusConnectionString: connectionString, serviceBusNamespace: namespace } = readSettings(
    process.env,
  )
  const bus = await connectServiceBus({ connectionString, namespace })
  try {
    return await use(bus)
  } finally {
    await bus.close()
  }
}

const textOf = (body: unknown): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : (JSON.stringify(body) ?? '')

const rowOf = ({ sequenceNumber, enqueuedAt, messageId, reason, description, body }: DeadLetter) => [
  sequenceNumber,
  enqueuedAt ?? '',
  short(messageId ?? '', 40),
  short(`${reason ?? ''}: ${description ?? ''}`, 80),
  short(textOf(body), 60),
]

export const list = (asked: Asked & { readonly limit?: number }): Promise<number> => {
  const entity = entityOf(asked)
  const { limit = 100 } = asked
  const output = outputOf(asked.json === true)
  return withBus(async bus => {
    const found: DeadLetter[] = []
    for await (const letter of deadLetters(bus, entity)) if (found.push(letter) >= limit) break
    output.object({
      deadLetters: found.map(letter =>
        letter.body instanceof Uint8Array ? { ...letter, body: textOf(letter.body) } : letter,
      ),
    })
    output.say(
      found.length === 0
        ? 'There are no dead letters.'
        : table(['number', 'sent', 'message', 'reason', 'says'], found.map(rowOf)),
    )
    if (found.length === limit) output.say(`Perhaps there are more: --limit ${2 * limit}`)
    if (found.length > 0)
      output.say('Send them again: crawl-replay dead-letters resend NUMBER… (or --all) with the same options')
    return found.length === 0 ? 0 : 1
  })
}

export const resend = (
  numbers: readonly string[],
  asked: Asked & { readonly all?: boolean },
): Promise<number> => {
  const entity = entityOf(asked)
  if (numbers.length > 0 === (asked.all === true))
    throw new UsageError('Name the numbers of those to send again, as `list` shows them, or say --all.')
  const wrong = numbers.find(number => !/^\d+$/.test(number))
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is no number of a dead letter.`)
  const output = outputOf(asked.json === true)
  return withBus(async bus => {
    const chosen = asked.all === true ? undefined : new Set(numbers)
    const sent = await resendDeadLetters(bus, entity, chosen)
    const missing = chosen === undefined ? 0 : chosen.size - sent
    output.object({ sent, missing })
    output.say(
      `${count(sent)} sent again.${missing === 0 ? '' : ` ${count(missing)} ${missing === 1 ? 'was' : 'were'} not there.`}`,
    )
    return missing === 0 ? 0 : 1
  })
}

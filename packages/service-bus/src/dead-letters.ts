import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import Long from 'long'
import type { Bus } from './bus.js'
import { addressOf, type Entity, entityName } from './entity.js'
import { BusUnusable } from './errors.js'
import { idOf, idProperty } from './incoming.js'
import { busError } from './sdk-errors.js'

/** A message that the broker keeps apart, since it could not be taken. */
export interface DeadLetter {
  /** The broker's number: what it is named by. */
  readonly sequenceNumber: string
  readonly messageId: string | undefined
  readonly enqueuedAt: string | undefined
  /** As in a rejection, or the broker's own, such as `MaxDeliveryCountExceeded`. */
  readonly reason: string | undefined
  readonly description: string | undefined
  /** As it was sent: JSON, or bytes. */
  readonly body: unknown
}

/** How many are looked at or sent in one go. */
const together = 100

/** For how long the broker may have nothing more before that is taken for the end, in milliseconds. */
const lastMs = 2000

const receiverOf = ({ client }: Bus, entity: Entity, skipParsingBodyAsJson: boolean): ServiceBusReceiver => {
  const options = { subQueueType: 'deadLetter', skipParsingBodyAsJson } as const
  return 'queue' in entity
    ? client.createReceiver(entity.queue, options)
    : client.createReceiver(entity.topic, entity.subscription, options)
}

const sequenceOf = ({ sequenceNumber }: ServiceBusReceivedMessage): string => String(sequenceNumber)

const deadLetterOf = (message: ServiceBusReceivedMessage): DeadLetter => ({
  sequenceNumber: sequenceOf(message),
  messageId: idOf(message),
  enqueuedAt: message.enqueuedTimeUtc?.toISOString(),
  reason: message.deadLetterReason,
  description: message.deadLetterErrorDescription,
  body: message.body,
})

/**
 * The dead letters of an entity, the oldest first. Looking takes nothing away.
 *
 * @throws BusError
 */
export async function* deadLetters(bus: Bus, entity: Entity): AsyncIterable<DeadLetter> {
  const receiver = receiverOf(bus, entity, false)
  try {
    // Not told where to begin, the SDK goes on where anyone with this client has looked last.
    let next: Long | undefined = Long.ZERO
    while (next !== undefined) {
      const found: ServiceBusReceivedMessage[] = await receiver.peekMessages(together, {
        fromSequenceNumber: next,
      })
      yield* found.map(deadLetterOf)
      next = found.at(-1)?.sequenceNumber?.add(1)
    }
  } catch (error) {
    throw busError(bus.name, entityName(entity), error)
  } finally {
    await receiver.close().catch(() => {})
  }
}

const own = ['DeadLetterReason', 'DeadLetterErrorDescription']

/**
 * The message once more. Its id goes along as a property, and the broker's own is another one: else duplicate
 * detection would drop it.
 */
const again = (message: ServiceBusReceivedMessage) => {
  const { body, contentType, correlationId, sessionId, subject, applicationProperties = {} } = message
  const id = idOf(message)
  const properties = Object.fromEntries(
    Object.entries(applicationProperties).filter(([key]) => !own.includes(key)),
  )
  return {
    // Bytes go as they came. A text would be sent as JSON, and be another message than it was.
    body: typeof body === 'string' ? Buffer.from(body) : body,
    messageId: `${(id ?? 'message').slice(0, 90)}~again-${sequenceOf(message)}`,
    ...(contentType === undefined ? {} : { contentType }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(subject === undefined ? {} : { subject }),
    applicationProperties: { ...properties, ...(id === undefined ? {} : { [idProperty]: id }) },
  }
}

const numbersOf = async (bus: Bus, entity: Entity): Promise<readonly string[]> => {
  const numbers: string[] = []
  for await (const { sequenceNumber } of deadLetters(bus, entity)) numbers.push(sequenceNumber)
  return numbers
}

/**
 * Sends dead letters again to where they were sent first, and takes them from the dead ones when the broker has them.
 * Killed in between, one is sent twice, with the same id. A topic hands it to all its subscriptions again.
 *
 * @param chosen the numbers of those that are sent; undefined: all that are there now, and none that dies meanwhile
 * @returns how many were sent
 * @throws BusError
 */
export const resendDeadLetters = async (
  bus: Bus,
  entity: Entity,
  chosen?: ReadonlySet<string>,
): Promise<number> => {
  const there = await numbersOf(bus, entity)
  const open = new Set(there.filter(number => chosen?.has(number) ?? true))
  const receiver = receiverOf(bus, entity, true)
  const sender = bus.client.createSender(addressOf(entity))
  const passed = new Map<string, ServiceBusReceivedMessage>()
  let sent = 0
  try {
    while (open.size > 0) {
      // Where all are to be sent, asking for more than there are would be waiting for them.
      const most = chosen === undefined ? Math.min(together, open.size) : together
      const found = await receiver.receiveMessages(most, { maxWaitTimeInMs: lastMs })
      if (found.length === 0) break
      const others = found.filter(message => !open.has(sequenceOf(message)))
      if (others.some(message => passed.has(sequenceOf(message))))
        throw new BusUnusable(
          `${entityName(entity)}: the locks on its dead letters run out before all are looked at. Send the oldest first, or --all.`,
        )
      for (const message of others) passed.set(sequenceOf(message), message)
      for (const message of found) {
        if (!open.delete(sequenceOf(message))) continue
        await sender.sendMessages(again(message))
        await receiver.completeMessage(message)
        sent += 1
      }
    }
    return sent
  } catch (error) {
    throw busError(bus.name, entityName(entity), error)
  } finally {
    // Given back at the end, or they would be delivered to us once more.
    for (const message of passed.values()) await receiver.abandonMessage(message).catch(() => {})
    await receiver.close().catch(() => {})
    await sender.close().catch(() => {})
  }
}

import type { ServiceBusMessage, ServiceBusMessageBatch, ServiceBusSender } from '@azure/service-bus'
import { BusUnusable } from './errors.js'
import { withoutData } from './outgoing.js'

/** Messages of one session each, in their order: a partitioned entity takes no batch of several. */
const bySession = (messages: readonly ServiceBusMessage[]): Iterable<readonly ServiceBusMessage[]> => {
  const groups = new Map<string | undefined, ServiceBusMessage[]>()
  for (const message of messages) {
    const group = groups.get(message.sessionId)
    if (group === undefined) groups.set(message.sessionId, [message])
    else group.push(message)
  }
  return groups.values()
}

/** Puts a message into a batch that is empty; without its data where it is too large for the broker. */
const begun = async (
  sender: ServiceBusSender,
  message: ServiceBusMessage,
  abortSignal: AbortSignal,
): Promise<ServiceBusMessageBatch> => {
  const batch = await sender.createMessageBatch({ abortSignal })
  if (batch.tryAddMessage(message) || batch.tryAddMessage(withoutData(message))) return batch
  throw new BusUnusable(
    `${sender.entityPath} takes no message of more than ${batch.maxSizeInBytes} bytes, and ${message.messageId} is larger even without its data.`,
  )
}

/**
 * Sends messages in as few batches as the broker takes. When it resolves the broker has them all.
 *
 * @param abortSignal ends it; the broker may have some of them then
 * @throws BusUnusable when the broker takes no message of such a size
 */
export const sendAll = async (
  sender: ServiceBusSender,
  messages: readonly ServiceBusMessage[],
  abortSignal: AbortSignal,
): Promise<void> => {
  for (const group of bySession(messages)) {
    let batch: ServiceBusMessageBatch | undefined
    for (const message of group) {
      if (batch?.tryAddMessage(message) === true) continue
      if (batch !== undefined) await sender.sendMessages(batch, { abortSignal })
      batch = await begun(sender, message, abortSignal)
    }
    if (batch !== undefined) await sender.sendMessages(batch, { abortSignal })
  }
}

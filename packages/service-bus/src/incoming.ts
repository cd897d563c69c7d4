import type { ServiceBusReceivedMessage } from '@azure/service-bus'

/** A message as a handler takes it. */
export interface Incoming {
  /** A value, or JSON as text or bytes. */
  readonly message: unknown
  readonly id?: string
  readonly correlationId?: string
}

/** The property in which a message that is sent again keeps the id by which it was known. */
export const idProperty = 'crawl-message-id'

const textOf = (id: unknown): string | undefined =>
  typeof id === 'string' && id !== ''
    ? id
    : typeof id === 'number'
      ? String(id)
      : Buffer.isBuffer(id)
        ? id.toString('hex')
        : undefined

/** The message's own id: what the sender gave it. */
export const idOf = ({
  messageId,
  applicationProperties,
}: Pick<ServiceBusReceivedMessage, 'messageId' | 'applicationProperties'>): string | undefined =>
  textOf(applicationProperties?.[idProperty]) ?? textOf(messageId)

/** Reads a message of the broker: its body as it came, and the broker's `messageId` as its id. */
export const incomingOf = (
  received: Pick<ServiceBusReceivedMessage, 'body' | 'messageId' | 'correlationId' | 'applicationProperties'>,
): Incoming => {
  const id = idOf(received)
  const correlationId = textOf(received.correlationId)
  return {
    message: received.body,
    ...(id === undefined ? {} : { id }),
    ...(correlationId === undefined ? {} : { correlationId }),
  }
}

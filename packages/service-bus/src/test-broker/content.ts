import rhea, { type Message } from 'rhea'
import type { NewMessage } from './broker.js'

/** What a message carries: the same wherever it lies and however often it is delivered. */
export interface Content {
  readonly message: Message
  readonly messageId: string | undefined
  readonly sessionId: string | undefined
}

/** How Service Bus marks a transfer that holds several messages, each a data section. */
const batchFormat = 0x80013700

const contentOf = (message: Message): Content => ({
  message,
  messageId: message.message_id === undefined ? undefined : String(message.message_id),
  sessionId: message.group_id,
})

/** The binary data of a body; undefined where it is an AMQP value. */
const dataOf = (body: unknown): readonly Buffer[] | undefined => {
  if (typeof body !== 'object' || body === null || !('collect_sections' in body)) return undefined
  const { content } = body as unknown as { readonly content: Buffer | readonly Buffer[] }
  return Array.isArray(content) ? content : [content as Buffer]
}

/** The messages in a transfer: of the plain format rhea has decoded it, of another it hands over the bytes. */
export const contentsOf = (received: Message | Buffer, format: number | undefined): readonly Content[] => {
  if (!Buffer.isBuffer(received)) return [contentOf(received)]
  const outer = rhea.message.decode(received) as unknown as Message
  if (format !== batchFormat) return [contentOf(outer)]
  return (dataOf(outer.body) ?? []).map(bytes => contentOf(rhea.message.decode(bytes) as unknown as Message))
}

/** As the SDK would send it: JSON in one data section, unless it is bytes already. */
export const contentFrom = ({ body, messageId, sessionId, applicationProperties }: NewMessage): Content =>
  contentOf({
    body: rhea.message.data_section(body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))),
    ...(messageId === undefined ? {} : { message_id: messageId }),
    ...(sessionId === undefined ? {} : { group_id: sessionId }),
    ...(applicationProperties === undefined ? {} : { application_properties: applicationProperties }),
  })

/** As the SDK would read it: JSON if it is JSON, else the bytes. */
export const bodyOf = ({ message }: Content): unknown => {
  const data = dataOf(message.body)
  if (data === undefined) return message.body
  const bytes = Buffer.concat(data)
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return bytes
  }
}

export const withProperties = (content: Content, properties: Record<string, unknown>): Content => ({
  ...content,
  message: {
    ...content.message,
    application_properties: { ...content.message.application_properties, ...properties },
  },
})

/** What a delivery adds to the content. */
export interface Stamp {
  readonly sequence: number
  readonly deliveryCount: number
  readonly enqueuedAt: number
  /** As a time in milliseconds; undefined for a message that is only looked at or is deleted at once. */
  readonly lockedUntil?: number | undefined
}

export const stamped = (
  { message }: Content,
  { sequence, deliveryCount, enqueuedAt, lockedUntil }: Stamp,
): Buffer =>
  rhea.message.encode({
    ...message,
    delivery_count: deliveryCount,
    message_annotations: {
      ...message.message_annotations,
      'x-opt-sequence-number': rhea.types.wrap_long(sequence),
      'x-opt-enqueued-time': new Date(enqueuedAt),
      ...(lockedUntil === undefined ? {} : { 'x-opt-locked-until': new Date(lockedUntil) }),
    },
  })

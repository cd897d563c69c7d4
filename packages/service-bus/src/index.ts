export { type Bus, type BusOptions, connectServiceBus } from './bus.js'
export {
  type Consumer,
  type ConsumerCounts,
  type ConsumerOptions,
  type ConsumerStatus,
  startConsumer,
} from './consumer.js'
export { type DeadLetter, deadLetters, resendDeadLetters } from './dead-letters.js'
export type { Entity } from './entity.js'
export {
  BusError,
  BusForbidden,
  BusUnavailable,
  BusUnusable,
  EntityMissing,
  LogBehindPublished,
} from './errors.js'
export type { Handle } from './handling.js'
export {
  Publisher,
  type PublisherOptions,
  type PublisherStatus,
  publisherName,
} from './publisher.js'
export { busError } from './sdk-errors.js'
export type { SecurityToken } from './security.js'

import type { ServiceBusReceiver } from '@azure/service-bus'
import type { Bus } from './bus.js'
import type { Entity } from './entity.js'

/** How links to an entity are opened. */
export interface Links {
  /** Messages in the order of their sessions, one receiver for each: resolves when there is a session to be had. */
  session(signal: AbortSignal): Promise<ServiceBusReceiver>
  /** Messages of an entity without sessions. */
  plain(): ServiceBusReceiver
}

/** @param renewLocksForMs for how long the lock on a message or a session is renewed, in milliseconds */
export const linksTo = ({ client }: Bus, entity: Entity, renewLocksForMs: number): Links => {
  const options = {
    receiveMode: 'peekLock',
    // What is no JSON is to be told apart, and not to be taken for a body of bytes.
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: renewLocksForMs,
  } as const
  return {
    session: abortSignal =>
      'queue' in entity
        ? client.acceptNextSession(entity.queue, { ...options, abortSignal })
        : client.acceptNextSession(entity.topic, entity.subscription, { ...options, abortSignal }),
    plain: () =>
      'queue' in entity
        ? client.createReceiver(entity.queue, options)
        : client.createReceiver(entity.topic, entity.subscription, options),
  }
}

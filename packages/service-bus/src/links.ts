import type { ServiceBusReceiver } from '@azure/service-bus'
import type { Bus } from './bus.js'
import type { Entity } from './entity.js'

/** How links to an entity are opened. */
export interface Links {
  /**
   * Messages in the order of their sessions, one receiver for each: resolves when there is a session to be had, and with
   * undefined at the end.
   */
  session(halt: AbortSignal): Promise<ServiceBusReceiver | undefined>
  /** Messages of an entity without sessions; their locks are not renewed by themselves. */
  plain(): ServiceBusReceiver
}

/** The SDK does not break off its question: whoever halts does not wait, and a session that comes too late is given back. */
const unlessHalted = async (
  accepting: Promise<ServiceBusReceiver>,
  halt: AbortSignal,
): Promise<ServiceBusReceiver | undefined> => {
  let onHalt = (): void => {}
  const halted = new Promise<undefined>(resolve => {
    onHalt = () => resolve(undefined)
    if (halt.aborted) onHalt()
    else halt.addEventListener('abort', onHalt)
  })
  try {
    const accepted = await Promise.race([accepting, halted])
    if (accepted === undefined) accepting.then(receiver => receiver.close()).catch(() => {})
    return accepted
  } finally {
    halt.removeEventListener('abort', onHalt)
  }
}

/** @param renewLocksForMs for how long the lock on a session is renewed, in milliseconds */
export const linksTo = ({ client, asked }: Bus, entity: Entity, renewLocksForMs: number): Links => {
  const options = {
    receiveMode: 'peekLock',
    // What is no JSON is to be told apart, and not to be taken for a body of bytes.
    skipParsingBodyAsJson: true,
  } as const
  const ofSession = { ...options, maxAutoLockRenewalDurationInMs: renewLocksForMs }
  const ofMessages = { ...options, maxAutoLockRenewalDurationInMs: 0 }
  return {
    session: halt => {
      // The signal ends the SDK's trying again, and not the attempt under way.
      const accepting =
        'queue' in entity
          ? client.acceptNextSession(entity.queue, { ...ofSession, abortSignal: halt })
          : client.acceptNextSession(entity.topic, entity.subscription, { ...ofSession, abortSignal: halt })
      asked.add(accepting)
      const answered = (): boolean => asked.delete(accepting)
      accepting.then(answered, answered)
      return unlessHalted(accepting, halt)
    },
    plain: () =>
      'queue' in entity
        ? client.createReceiver(entity.queue, ofMessages)
        : client.createReceiver(entity.topic, entity.subscription, ofMessages),
  }
}

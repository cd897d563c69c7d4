import type { AmqpError } from 'rhea'

/** The AMQP conditions that the SDK knows, with what Service Bus says to them. */
export const lostLock: AmqpError = {
  condition: 'com.microsoft:message-lock-lost',
  description: 'The lock supplied is invalid. It expired, or the message has been removed already.',
}

export const lostSession: AmqpError = {
  condition: 'com.microsoft:session-lock-lost',
  description: 'The lock on the session expired. Accept the session again.',
}

export const takenSession = (id: string): AmqpError => ({
  condition: 'com.microsoft:session-cannot-be-locked',
  description: `The session "${id}" is locked by another receiver.`,
})

export const noSession: AmqpError = {
  condition: 'com.microsoft:timeout',
  description: 'No session had messages within the time allowed.',
}

export const noEntity = (address: string): AmqpError => ({
  condition: 'amqp:not-found',
  description: `The messaging entity "${address}" could not be found.`,
})

export const notAllowed = (description: string): AmqpError => ({ condition: 'amqp:not-allowed', description })

export const notImplemented = (what: string): AmqpError => ({
  condition: 'amqp:not-implemented',
  description: `The test broker does not know "${what}".`,
})

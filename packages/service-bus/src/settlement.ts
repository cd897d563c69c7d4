import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus'
import type { Rejection } from '@crawl-ledger/domain'
import type { Receipt } from '@crawl-ledger/log'

/** What is told the broker of a message. */
export type Settlement =
  /** It is in the log, or on this machine's disk, for good. */
  | { readonly tag: 'complete' }
  /** It can never be taken. */
  | { readonly tag: 'dead-letter'; readonly rejection: Rejection }
  /** Somebody is to try again. */
  | { readonly tag: 'abandon' }

/** What follows from a receipt; undefined where nothing is known of the message yet. */
export const settlementOf = (receipt: Receipt): Settlement | undefined => {
  if (receipt.outcome === 'unavailable') return undefined
  return receipt.outcome === 'rejected'
    ? { tag: 'dead-letter', rejection: receipt.rejection }
    : { tag: 'complete' }
}

/** The most that the broker keeps of a reason or a description. */
const mostCharacters = 4096

/** Settles a message. Rejects when that does not reach the broker, which then delivers it again. */
export const settle = (
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  settlement: Settlement,
): Promise<void> => {
  switch (settlement.tag) {
    case 'complete':
      return receiver.completeMessage(message)
    case 'abandon':
      return receiver.abandonMessage(message)
    case 'dead-letter':
      return receiver.deadLetterMessage(message, {
        deadLetterReason: settlement.rejection.code,
        deadLetterErrorDescription: settlement.rejection.message.slice(0, mostCharacters),
      })
  }
}

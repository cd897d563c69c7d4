import { createHash, timingSafeEqual } from 'node:crypto'
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import type { Rejection } from '@crawl-ledger/domain'

/** The secret that messages carry, and the application property it is in. */
export interface SecurityToken {
  readonly value: string
  readonly property: string
}

// Digests are of one length, so that the comparison tells nothing of the secret's.
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Tells why a message must not be handled; undefined where it carries the secret. Shows neither value. */
export const guard = ({ value, property }: SecurityToken) => {
  const expected = digestOf(value)
  return ({
    applicationProperties,
  }: Pick<ServiceBusReceivedMessage, 'applicationProperties'>): Rejection | undefined => {
    const given = Object.hasOwn(applicationProperties ?? {}, property)
      ? applicationProperties?.[property]
      : undefined
    if (typeof given === 'string' && timingSafeEqual(digestOf(given), expected)) return undefined
    const what = given === undefined || given === null || given === '' ? 'is missing' : 'is wrong'
    return {
      code: 'invalid',
      message: `The security token in the application property "${property}" ${what}: the message was not handled.`,
    }
  }
}

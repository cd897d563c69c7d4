import { ServiceBusError } from '@azure/service-bus'
import { BusError, BusForbidden, BusUnavailable, BusUnusable, EntityMissing } from './errors.js'

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether nobody could be had of several: no session waits for a receiver. */
export const isNobodyThere = (error: unknown): boolean =>
  error instanceof ServiceBusError &&
  (error.code === 'ServiceTimeout' || error.code === 'SessionCannotBeLocked')

/**
 * An error of the SDK as one of ours, for whoever sends with `bus.client`.
 *
 * @param bus the namespace, as in `bus.name`
 * @param entity the queue or topic that it is about
 */
export const busError = (bus: string, entity: string, error: unknown): BusError => {
  if (error instanceof BusError) return error
  if (!(error instanceof ServiceBusError)) {
    // What comes from the socket or from the time-out of an attempt has no code of Service Bus.
    return new BusUnavailable(bus, error)
  }
  if (error.code === 'UnauthorizedAccess') return new BusForbidden(bus, error)
  if (error.code === 'MessagingEntityNotFound' || error.code === 'MessagingEntityDisabled')
    return new EntityMissing(bus, entity, error)
  // Errors of the socket are passed on by the SDK without a code of its own.
  const isTransient =
    error.retryable || error.code !== 'GeneralError' || (error as { syscall?: string }).syscall !== undefined
  return isTransient
    ? new BusUnavailable(bus, error)
    : new BusUnusable(`${bus} refuses ${entity}: ${reason(error)}`, { cause: error })
}

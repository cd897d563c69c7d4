/** What Service Bus may fail with. Recognised by class and `code`, never by text. */
export abstract class BusError extends Error {
  abstract readonly code: string
}

/** The broker did not answer, or could not do it this time. It is tried again. */
export class BusUnavailable extends BusError {
  override readonly name = 'BusUnavailable'
  readonly code = 'bus-unavailable'

  constructor(bus: string, cause: unknown) {
    super(`${bus} does not answer. Check that the namespace is right and can be reached on port 5671.`, {
      cause,
    })
  }
}

/** The broker refuses who we are. */
export class BusForbidden extends BusError {
  override readonly name = 'BusForbidden'
  readonly code = 'bus-forbidden'

  constructor(bus: string, cause?: unknown) {
    super(
      `${bus} refuses these credentials. With a connection string, check its key and that it may listen and send; with ` +
        'AZURE_SERVICE_BUS_NAMESPACE, give the identity the roles Azure Service Bus Data Receiver and Data Sender.',
      { cause },
    )
  }
}

/** There is no such queue, topic or subscription, or it is disabled. */
export class EntityMissing extends BusError {
  override readonly name = 'EntityMissing'
  readonly code = 'entity-missing'

  constructor(
    bus: string,
    readonly entity: string,
    cause?: unknown,
  ) {
    super(`${bus} has no entity ${entity}, or it is disabled. Create it, or correct its name.`, { cause })
  }
}

/** The settings or the entity do not fit, and trying again does not mend it. */
export class BusUnusable extends BusError {
  override readonly name = 'BusUnusable'
  readonly code = 'bus-unusable'
}

/** The log is not the one that was published: it was restored from an older copy. */
export class LogBehindPublished extends BusError {
  override readonly name = 'LogBehindPublished'
  readonly code = 'log-behind-published'

  constructor(
    readonly partition: number,
    readonly position: number,
  ) {
    super(
      `Partition ${partition} was published up to position ${position}, and the log has another commit there or none. ` +
        'The log was restored from an older copy. Start the publisher once with --anew: it begins at the end of the log.',
    )
  }
}

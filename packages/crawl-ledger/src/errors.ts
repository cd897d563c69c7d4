/** A setting that cannot be used. `message` is one sentence that names it and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly code = 'configuration'

  constructor(
    readonly setting: string,
    expected: string,
    options?: ErrorOptions,
  ) {
    super(`${setting}: ${expected}`, options)
  }
}

/** A commit could not be folded, and the projection's policy is to stop its partition there. */
export class PartitionStopped extends Error {
  override readonly name = 'PartitionStopped'
  readonly code = 'partition-stopped'

  constructor(
    readonly partition: number,
    { position, error }: { readonly position: number; readonly error: string },
  ) {
    super(
      `Projecting stopped partition ${partition} at position ${position}: ${error} ` +
        `See it with: crawl-replay quarantine show ${partition}:${position}`,
    )
  }
}

/** The views did not reach the log's end in time. */
export class NotCaughtUp extends Error {
  override readonly name = 'NotCaughtUp'
  readonly code = 'not-caught-up'

  constructor(
    readonly behind: number,
    timeoutMs: number,
  ) {
    super(
      `The views are still ${behind} commits behind after ${timeoutMs} ms. ` +
        'Check that a projector runs (openLedger with project: true, or the worker), or wait longer.',
    )
  }
}
